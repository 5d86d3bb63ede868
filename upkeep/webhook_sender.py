"""Merchants' systems are told what the outbox has: at least once, of a refund in order, and none waits for another."""

import asyncio
import logging
import secrets as dice
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from db import messages, webhook_deliveries, webhook_endpoints, webhook_events
from db.engine import snapshots
from db.webhook_deliveries import DeliveryAttempt, Due, EndpointKey
from db.webhook_endpoints import Endpoint
from db.whose import of_merchant
from domain import clock
from domain.merchant_events import MerchantEvent, pause_after, rest_after
from gateways.posting import Poster
from gateways.signatures import sign_by_each
from service import webhook_secrets
from service.merchant_events import EndpointDisabledData, EndpointDisabledEvent, body_of
from service.vault import NotOpened, Vault
from upkeep.keepers import Keeper, report

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(seconds=30)
"""For so long an endpoint is one sender's, from each time that it looks: longer than an answer may take."""

_LOOKS_EVERY_S = 0.5
_ROUND_S = 5.0
_MOST_ENDPOINTS = 500
_AT_ONCE = 8
"""Refunds whose events one endpoint is sent at once."""

_CONNECTIONS = 2
_GONE = 410


@dataclass(frozen=True, slots=True)
class _Open:
    """An endpoint with the secrets that sign what it is sent."""

    endpoint: Endpoint
    secrets: Sequence[str]


class WebhookSender:
    """Sends until it is stopped, beside others in other processes; each endpoint is one sender's at a time."""

    def __init__(self, engine: AsyncEngine, vault: Vault, poster: Poster, *, kept_for: timedelta = KEPT_FOR) -> None:
        self._engine = engine
        self._vault = vault
        self._poster = poster
        self._kept_for = kept_for
        self._name = f"sender_{dice.token_hex(8)}"
        self._at_work: dict[EndpointKey, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(_CONNECTIONS)

    @property
    def keeper(self) -> Keeper:
        return Keeper("send_webhooks", timedelta(seconds=_LOOKS_EVERY_S), self.round)

    async def round(self) -> bool:
        """Send for some seconds; what is still being sent then goes on."""
        until = time.monotonic() + _ROUND_S
        await self._give_up_stranded()
        try:
            while time.monotonic() < until:
                await self._begin_due()
                await asyncio.sleep(_LOOKS_EVERY_S)
        except asyncio.CancelledError:
            await self.stop()
            raise
        return True

    async def _give_up_stranded(self) -> None:
        """Give up what was written while its endpoint was disabled: whoever disabled it could not see it yet."""
        async with self._turn, self._engine.connect() as connection:
            those = await webhook_deliveries.stranded(connection)
        for merchant_id, endpoint_id in those:
            async with self._turn, self._engine.begin() as connection:
                await webhook_endpoints.hold(connection, merchant_id)
                await webhook_endpoints.give_up_stranded(connection, merchant_id, endpoint_id)

    async def stop(self) -> None:
        """Stop in the middle: what nobody has noted as taken is sent again."""
        at_work = list(self._at_work.values())
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)

    async def _begin_due(self) -> None:
        room = _MOST_ENDPOINTS - len(self._at_work)
        if room <= 0:
            return
        async with self._turn, self._engine.begin() as connection:
            those = await webhook_deliveries.take(connection, self._name, self._kept_for, limit=room)
        for key in set(those) - self._at_work.keys():
            task = asyncio.create_task(self._of_its_merchant(key), name=f"webhooks to {key}")
            self._at_work[key] = task
            task.add_done_callback(lambda _, key=key: self._at_work.pop(key, None))  # type: ignore[misc]

    async def _of_its_merchant(self, key: EndpointKey) -> None:
        with of_merchant(key[0]):
            await self._serve(key)

    async def _serve(self, key: EndpointKey) -> None:
        """Send an endpoint what it is to have, until there is nothing, or it takes nothing."""
        try:
            while due := await self._next_of(key):
                opened = await self._opened(key)
                if opened is None or not await self._send_all(key, opened, due):
                    return
        except Exception as trouble:
            report(f"could not send webhooks to {key}, trying again", trouble)
        finally:
            await self._let_go(key)

    async def _next_of(self, key: EndpointKey) -> Sequence[Due]:
        async with self._turn, self._engine.begin() as connection:
            return await webhook_deliveries.next_of(connection, key, self._name, self._kept_for, limit=_AT_ONCE)

    async def _let_go(self, key: EndpointKey) -> None:
        try:
            async with self._turn, self._engine.begin() as connection:
                await webhook_deliveries.let_go(connection, key, self._name)
        except Exception as trouble:  # another takes it when its time is over
            report(f"could not let go of {key}", trouble)

    async def _opened(self, key: EndpointKey) -> _Open | None:
        async with self._turn, snapshots(self._engine).connect() as connection:
            endpoint = await webhook_endpoints.find(connection, *key)
            sealed = await webhook_endpoints.secrets_of(connection, *key)
        if endpoint is None:
            return None
        try:
            return _Open(endpoint, [webhook_secrets.opened(self._vault, each) for each in sealed])
        except NotOpened as unfit:
            log.error("nothing is sent to %s: its secret can't be read: %s", key, unfit)
            async with self._turn, self._engine.begin() as connection:
                await webhook_deliveries.let_rest(connection, key, timedelta(minutes=1))
            return None

    async def _send_all(self, key: EndpointKey, opened: _Open, due: Sequence[Due]) -> bool:
        """Send these at once, and tell whether the endpoint takes what it is sent."""
        answers = [each for each in await asyncio.gather(*(self._send(key, opened, each) for each in due)) if each]
        if any(each.status_code == _GONE for each in answers):
            await self._disable(opened.endpoint, "gone")
            return False
        if not answers:
            return True
        is_well = any(each.is_taken for each in answers)
        async with self._turn, self._engine.begin() as connection:
            if is_well:
                await webhook_deliveries.note_well(connection, key)
                return True
            failing = await webhook_deliveries.note_failing(connection, key)
            await webhook_deliveries.let_rest(connection, key, rest_after(failing.failures))
        if failing.is_for_too_long:
            await self._disable(opened.endpoint, "failing")
        return False

    async def _send(self, key: EndpointKey, opened: _Open, due: Due) -> DeliveryAttempt | None:
        """Send one event and note what came of it; None where there was nothing that could be sent."""
        at, url = clock.of_this_machine(), opened.endpoint.url
        try:
            body = await self._body(key, due)
        except Exception as trouble:  # of one event: the others of the endpoint are sent
            report(f"could not put webhook event {due.event_id} together", trouble)
            await self._note(key, due, DeliveryAttempt(url, at, 0, None, "", "it could not be put together"))
            return None
        reply = await self._poster.post(url, body.encode(), sign_by_each(opened.secrets, due.event_id, body))
        answered = DeliveryAttempt(url, at, reply.duration_ms, reply.status_code, reply.answer, reply.trouble)
        await self._note(key, due, answered)
        return answered

    async def _body(self, key: EndpointKey, due: Due) -> str:
        async with self._turn, self._engine.begin() as connection:
            event = await webhook_events.find(connection, key[0], due.event_id)
            if event is None:
                raise LookupError(due.event_id)
            return await body_of(connection, event)

    async def _note(self, key: EndpointKey, due: Due, answered: DeliveryAttempt) -> None:
        async with self._turn, self._engine.begin() as connection:
            if answered.is_taken:
                await webhook_deliveries.note_taken(connection, key, due, answered)
            else:
                after = pause_after(due.attempts + 1)
                await webhook_deliveries.note_in_vain(connection, key, due, answered, after)

    async def _disable(self, endpoint: Endpoint, because: str) -> None:
        """Disable an endpoint, and tell operations and the merchant's other endpoints, in one transaction."""
        merchant_id, endpoint_id = endpoint.merchant_id, endpoint.endpoint_id
        data = EndpointDisabledData(endpoint_id=endpoint_id, url=endpoint.url, because=because)
        type_, now = MerchantEvent.WEBHOOK_ENDPOINT_DISABLED, clock.of_this_machine()
        told = EndpointDisabledEvent(type=type_, timestamp=now, data=data)
        said = _BECAUSE[because].format(endpoint_id=endpoint_id, url=endpoint.url)
        async with self._turn, self._engine.begin() as connection:
            await webhook_endpoints.hold(connection, merchant_id)
            if not await webhook_endpoints.disable(connection, merchant_id, endpoint_id, because):
                return
            subject = f"webhook_endpoint {endpoint_id} {told.timestamp.isoformat()}"
            await messages.put_for_operations(connection, merchant_id, "", subject, said)
            await webhook_events.tell(connection, merchant_id, told.type, said, told.model_dump_json())
        log.warning("%s of merchant %s", said, merchant_id)


_AFTERWARDS = (
    "What waited for it is given up; send it again by POST /v1/webhook-events/{{event_id}}/redelivery once "
    "PUT /v1/webhook-endpoints/{endpoint_id} has enabled it."
)
_BECAUSE = {
    "failing": "webhook endpoint {endpoint_id} at {url} took nothing for three days and is disabled. " + _AFTERWARDS,
    "gone": "webhook endpoint {endpoint_id} at {url} answered that it is gone (410) and is disabled. " + _AFTERWARDS,
}
