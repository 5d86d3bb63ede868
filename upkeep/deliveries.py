"""Messages leave for people, outside the refund that wrote them: whatever happens here holds up no money.

Every worker does it. A message is planned once, in one transaction with the rows of its deliveries; a delivery is taken
up under a lease (`db/outbox.py`), and what one attempt leaves open the next one looks up, or it ends there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import deliveries
from db.deliveries import Ended, Parcelled
from db.outbox import Lease, LeaseLost
from domain.delivery.channels import Channel, Outcome, channels_for
from domain.delivery.pauses import is_given_up
from domain.delivery.quiet_hours import quiet_for
from domain.delivery.templates import Templates
from domain.explain.messages import Catalogue
from gateways.messengers.letters import Letter, Messenger, NobodyKnows
from gateways.ports import Declined, TryLater
from service.letters import letter_for
from upkeep.keepers import Keeper, each_by_itself
from upkeep.receipts import Receipts

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=1)
_AT_ONCE = 10
"""Of each channel, so that the refunds beside it always find a connection of the pool."""
_PLANNED_AT_ONCE = 500
_LEASE = timedelta(minutes=3)
_MOST_S = 120.0
"""Shorter than the lease, so that nobody else begins while this may still be sent."""
_GRACE_S = 15.0

PutOff = Callable[[AsyncConnection, Lease, str], Awaitable[None]]


class Deliveries:
    def __init__(
        self, engine: AsyncEngine, messengers: Mapping[Channel, Messenger], catalogue: Catalogue, templates: Templates
    ) -> None:
        self._engine = engine
        self._messengers = messengers
        self._catalogue = catalogue
        self._templates = templates
        self.receipts = Receipts(engine, messengers, catalogue, templates)

    @property
    def keepers(self) -> list[Keeper]:
        if not self._messengers:
            return [Keeper("plan_messages", timedelta(seconds=30), self.leave_all)]
        sending = [Keeper(f"send_{each}", _EVERY, partial(self._to_the_end, each)) for each in self._messengers]
        return [Keeper("plan_messages", _EVERY, self.plan_all), *sending, *self.receipts.keepers]

    async def leave_all(self) -> bool:
        """Nothing is set up: messages end in the inbox, also when something is set up later."""
        while True:
            async with self._engine.begin() as connection:
                if await deliveries.leave_in_inboxes(connection, _PLANNED_AT_ONCE) < _PLANNED_AT_ONCE:
                    return True

    async def plan_all(self) -> bool:
        """Decide for each message by which channels it goes."""
        served = frozenset(self._messengers)
        while True:
            async with self._engine.begin() as connection:
                found = await deliveries.unplanned(connection, _PLANNED_AT_ONCE)
                await deliveries.plan(
                    connection, [(each, channels_for(each.reader, each.topic, served)) for each in found]
                )
            if len(found) < _PLANNED_AT_ONCE:
                return True

    async def send_all(self, channel: Channel) -> bool:
        """Send what is due by a channel, so many at once; one that hangs keeps those after it for a while."""
        while True:
            async with self._engine.begin() as connection:
                taken = await deliveries.take(connection, channel, _AT_ONCE, _LEASE)
            await asyncio.gather(*(self._send(channel, *each) for each in taken))
            if len(taken) < _AT_ONCE:
                return True

    async def _to_the_end(self, channel: Channel) -> bool:
        """Who is told to stop finishes what is being handed over: nobody would know what became of it."""
        round_ = asyncio.ensure_future(self.send_all(channel))
        try:
            return await asyncio.shield(round_)
        except asyncio.CancelledError:
            await asyncio.wait({round_}, timeout=_GRACE_S)
            round_.cancel()
            raise

    async def _send(self, channel: Channel, lease: Lease, parcelled: Parcelled) -> None:
        """Whatever happens to one concerns no other; what nobody could note is tried again when the lease ends."""
        await each_by_itself(f"deliver by {channel}", (lease,), lambda _: self._try(channel, lease, parcelled))

    async def _try(self, channel: Channel, lease: Lease, parcelled: Parcelled) -> None:
        prefers = parcelled.prefers
        if channel is Channel.SMS and (quiet := quiet_for(parcelled.now, prefers.quiet, prefers.time_zone)):
            async with self._engine.begin() as connection:
                await deliveries.wait(connection, lease, quiet)
            return
        try:
            if parcelled.address is None:
                raise Declined("no_address", "they have no address any more")
            letter = letter_for(self._catalogue, self._templates, parcelled, channel)
            async with asyncio.timeout(_MOST_S):
                reference = await self._once(self._messengers[channel], letter, parcelled, lease)
        except LeaseLost as lost:
            log.warning("%s", lost)
        except NobodyKnows:
            await self._end(lease, parcelled, channel, Ended(Outcome.UNKNOWN))
        except Declined as no:
            await self._end(lease, parcelled, channel, Ended(Outcome.REFUSED, f"{no.code} {no}"))
        except TryLater as later:
            await self._later(lease, parcelled, channel, later, partial(deliveries.not_now, least=later.retry_after))
        except Exception as trouble:
            await self._later(lease, parcelled, channel, trouble, deliveries.leave_open)
        else:
            within = self.receipts.within(channel)
            await self._end(lease, parcelled, channel, Ended(Outcome.SENT, "", reference, within))

    async def _once(self, messenger: Messenger, letter: Letter, parcelled: Parcelled, lease: Lease) -> str:
        if parcelled.asked_at is not None:
            found = await messenger.look_up(letter, partial(self._is_this, lease))
            if found is not None:
                return found
        return await messenger.send(letter, partial(self._handing_over, lease))

    async def _is_this(self, lease: Lease, reference: str) -> bool:
        """Two letters of one text are never taken for one: the database lets one of them have a name of theirs."""
        try:
            async with self._engine.begin() as connection:
                await deliveries.name(connection, lease, reference)
        except IntegrityError:
            return False
        return True

    async def _handing_over(self, lease: Lease) -> None:
        """From here on nobody knows, until an answer comes; who lost the lease meanwhile sends nothing."""
        async with self._engine.begin() as connection:
            await deliveries.hand_over(connection, lease)

    async def _later(
        self, lease: Lease, parcelled: Parcelled, channel: Channel, trouble: Exception, put_off: PutOff
    ) -> None:
        reason = str(trouble) or type(trouble).__name__
        if is_given_up(lease.age):
            await self._end(lease, parcelled, channel, Ended(Outcome.GIVEN_UP, reason))
            return
        log.info("message %s by %s, attempt %s: %s", parcelled.message_id, channel, lease.attempt, reason)
        async with self._engine.begin() as connection:
            await put_off(connection, lease, reason)

    async def _end(self, lease: Lease, parcelled: Parcelled, channel: Channel, ended: Ended) -> None:
        async with self._engine.begin() as connection:
            await deliveries.end(connection, lease, ended)
            if ended.outcome is not Outcome.SENT:
                await self.receipts.not_delivered(connection, parcelled, channel, ended)
