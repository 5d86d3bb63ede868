"""One-time codes leave for people, and what is over of codes, sessions and counts is forgotten.

A code is made right before it is handed over, and nothing but its mark is kept: whoever has the database has no code.
What was asked for an order that is not there, or is somebody else's, ends here, where who asked can't see it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import identity_codes, messages, passkeys, rate_counts, sessions, sign_ins, staff_sessions
from db.identity_codes import Asked
from db.outbox import Lease, LeaseLost
from domain.delivery.channels import Channel
from domain.delivery.letters import as_html
from domain.explain.messages import CODE, Catalogue
from domain.rights.proofs import CODE_LASTS
from gateways.messengers.letters import Letter, Messenger
from gateways.ports import Declined, TryLater
from service.identity import Whom, code_mark, new_code, whom
from service.vault import Vault
from upkeep.keepers import Keeper, each_by_itself

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=1)
_FORGOTTEN_EVERY = timedelta(minutes=1)
_AT_ONCE = 10
_LEASE = timedelta(minutes=2)
_MOST_S = 60.0
"""Shorter than the lease, so that nobody else begins while this may still be sent."""
_PAUSE = timedelta(seconds=5)


class Codes:
    def __init__(
        self, engine: AsyncEngine, messengers: Mapping[Channel, Messenger], catalogue: Catalogue, vault: Vault
    ) -> None:
        self._engine = engine
        self._messengers = messengers
        self._catalogue = catalogue
        self._vault = vault

    @property
    def keeper(self) -> Keeper:
        return Keeper("send_codes", _EVERY, self.send_all)

    async def send_all(self) -> bool:
        while True:
            async with self._engine.begin() as connection:
                taken = await identity_codes.take(connection, _AT_ONCE, _LEASE)
            await asyncio.gather(*(self._send(*each) for each in taken))
            if len(taken) < _AT_ONCE:
                return True

    async def _send(self, lease: Lease, asked: Asked) -> None:
        await each_by_itself("send a code", (lease,), lambda _: self._try(lease, asked))

    async def _try(self, lease: Lease, asked: Asked) -> None:
        async with self._engine.connect() as connection:
            found = await whom(connection, self._vault, asked)
        if found is None:
            return await self._end(lease, "nobody")
        channel = Channel.EMAIL if "@" in found.contact else Channel.SMS
        messenger = self._messengers.get(channel)
        if messenger is None:
            return await self._not_set_up(lease, asked, channel)
        return await self._hand_over(lease, asked, found, messenger)

    async def _hand_over(self, lease: Lease, asked: Asked, found: Whom, messenger: Messenger) -> None:
        """Send a code that nobody has yet. Where it may have arrived it counts, and is not sent again."""
        code, handed_over = new_code(), asyncio.Event()

        async def handing_over() -> None:
            async with self._engine.begin() as connection:
                mark = code_mark(self._vault, asked.code_id, code)
                await identity_codes.hand_over(connection, lease, mark, found.proves)
            handed_over.set()

        try:
            async with asyncio.timeout(_MOST_S):
                await messenger.send(self._letter(lease, asked, found, code), handing_over)
        except LeaseLost as lost:
            log.warning("%s", lost)
        except Declined as no:
            await self._end(lease, f"refused: {no.code}"[:100])
        except TryLater as later:
            await self._later(lease, max(later.retry_after, _PAUSE))
        except Exception as trouble:
            log.info("code %s: %s", asked.code_id, type(trouble).__name__)  # what they say may have the address in it
            await (self._end(lease, "unknown") if handed_over.is_set() else self._later(lease, _PAUSE))
        else:
            await self._end(lease, "sent")

    def _letter(self, lease: Lease, asked: Asked, found: Whom, code: str) -> Letter:
        locale = self._catalogue.locale_for(found.locale)
        phrases = self._catalogue.phrases(locale)
        minutes = int(CODE_LASTS.total_seconds()) // 60
        text = phrases[CODE + "text"].format(code=code, order=asked.order_id, minutes=minutes)
        subject = phrases[CODE + "subject"].format(order=asked.order_id)
        key = json.dumps(("code", asked.code_id, lease.attempt))
        return Letter(key, found.contact, locale, subject, text + "\n", as_html(locale, subject, [text]))

    async def _not_set_up(self, lease: Lease, asked: Asked, channel: Channel) -> None:
        """A code in the inbox would prove nothing: whoever reads that is in already. Operations are told, once."""
        body = (
            f"Customers ask for one-time codes by {channel}, which is not set up here (docs/operations.md): "
            "they get none, and can't prove that an order is theirs."
        )
        async with self._engine.begin() as connection:
            await messages.put_for_operations(connection, asked.merchant_id, "", f"codes_by_{channel}", body)
            await identity_codes.end(connection, lease, f"no {channel}")

    async def _later(self, lease: Lease, pause: timedelta) -> None:
        async with self._engine.begin() as connection:
            await identity_codes.put_off(connection, lease, pause)

    async def _end(self, lease: Lease, outcome: str) -> None:
        async with self._engine.begin() as connection:
            await identity_codes.end(connection, lease, outcome)


def forgetting(engine: AsyncEngine) -> Keeper:
    return Keeper("forget_old_identities", _FORGOTTEN_EVERY, partial(forget_old_identities, engine))


async def forget_old_identities(engine: AsyncEngine) -> bool:
    """Forget codes, challenges, sign-ins, sessions and counts that are over."""
    of_customers = (identity_codes.forget_old, sessions.forget_old, passkeys.forget_old)
    for forget in (*of_customers, sign_ins.forget_old, staff_sessions.forget_old, rate_counts.forget_old):
        while await _some(engine, forget):
            pass
    return True


async def _some(engine: AsyncEngine, forget: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    async with engine.begin() as connection:
        return await forget(connection)
