"""Carriers are asked what became of messages that they took: what reached nobody goes another way, or is seen.

They are asked, and do not tell: that needs no address of ours at theirs, and a receipt that is lost is asked for again.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import deliveries, messages, receipts
from db.deliveries import Ended, Parcelled
from db.receipts import AwaitedReceipt
from domain.delivery.channels import Channel, Outcome
from domain.delivery.templates import Templates
from domain.explain.messages import Catalogue
from domain.payout.keys import joined
from gateways.messengers.letters import Fate, GivesReceipts, Messenger
from service.letters import letter_for, sentence
from upkeep.keepers import Keeper, each_by_itself

log = logging.getLogger(__name__)

FIRST = timedelta(seconds=30)
"""How long after it was taken a carrier is asked first; then after as long again as it has had it."""

_EVERY = timedelta(seconds=5)
_AT_ONCE = 10
_LEASE = timedelta(minutes=2)
_MOST_S = 60.0
_ASKED_FOR = timedelta(days=3)
_ANOTHER_WAY = (Outcome.REFUSED, Outcome.GIVEN_UP, Outcome.UNDELIVERED)
"""What has surely not arrived; of what is unknown nothing goes out again."""


@dataclass(frozen=True, slots=True)
class Receipts:
    engine: AsyncEngine
    messengers: Mapping[Channel, Messenger]
    catalogue: Catalogue
    templates: Templates

    @property
    def keepers(self) -> list[Keeper]:
        return [Keeper(f"ask_for_receipts_{each}", _EVERY, partial(self.ask_all, each)) for each in self._givers]

    @property
    def _givers(self) -> Mapping[Channel, GivesReceipts]:
        return {channel: each for channel, each in self.messengers.items() if isinstance(each, GivesReceipts)}

    def within(self, channel: Channel) -> timedelta | None:
        """How long after it was taken by a channel its carrier is asked; None where it can't be."""
        return FIRST if channel in self._givers else None

    async def ask_all(self, channel: Channel) -> bool:
        """Ask for each receipt that is due."""
        while True:
            async with self.engine.begin() as connection:
                due = await receipts.take(connection, channel, _AT_ONCE, _LEASE)
            await asyncio.gather(*(self._ask_by_itself(channel, each) for each in due))
            if len(due) < _AT_ONCE:
                return True

    async def _ask_by_itself(self, channel: Channel, awaited: AwaitedReceipt) -> None:
        """Whatever happens to one concerns no other; it is asked for again when the lease ends."""
        await each_by_itself(f"ask for receipts by {channel}", (awaited,), lambda each: self._ask(channel, each))

    async def _ask(self, channel: Channel, awaited: AwaitedReceipt) -> None:
        if awaited.age > _ASKED_FOR or awaited.parcelled.address is None:
            async with self.engine.begin() as connection:
                await receipts.ask_no_more(connection, awaited)
            return
        letter = letter_for(self.catalogue, self.templates, awaited.parcelled, channel)
        async with asyncio.timeout(_MOST_S):
            receipt = await self._givers[channel].receipt(letter, awaited.reference)
        async with self.engine.begin() as connection:
            if receipt.fate is Fate.ON_ITS_WAY:
                await receipts.ask_again(connection, awaited, max(FIRST, awaited.age))
            elif receipt.fate is Fate.DELIVERED:
                await receipts.ask_no_more(connection, awaited)
            elif await receipts.note_undelivered(connection, awaited, receipt.reason):
                ended = Ended(Outcome.UNDELIVERED, receipt.reason)
                await self.not_delivered(connection, awaited.parcelled, channel, ended)

    async def not_delivered(
        self, connection: AsyncConnection, parcelled: Parcelled, channel: Channel, ended: Ended
    ) -> None:
        """Have what did not arrive go another way where there is one; operations see what has none."""
        if ended.outcome in _ANOTHER_WAY:
            another = await deliveries.go_another_way(connection, parcelled.message_id, frozenset(self.messengers))
            if another is not None:
                log.info("message %s was not delivered by %s, goes by %s", parcelled.message_id, channel, another)
                return
        subject, body = joined("undelivered", channel, parcelled.message_id), sentence(parcelled, channel, ended)
        await messages.put_for_operations(connection, parcelled.merchant_id, parcelled.refund_id or "", subject, body)
