"""The sandbox as a party: its books in a database of their own, its post office beside us, the line to its server."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from standardwebhooks import Webhook

from db.engine import open_engine, psycopg_url
from db.migrate import upgrade
from domain import clock
from domain.money.amounts import Money
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from gateways.registry import PROVIDERS
from gateways.sandbox import gateway
from gateways.sandbox.behaviours import Behaviour
from gateways.sandbox.books import charges
from gateways.sandbox.gateway import SandboxGateway
from gateways.sandbox.webhook_sender import SandboxWebhookSender
from tests.gateways.line import Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.over_http import asking

_SECRET = "whsec_c2FuZGJveHNhbmRib3g="
_COPIES = 2

_BEHAVIOURS = {
    Course.SUCCEEDS: Behaviour.SUCCEED,
    Course.DECLINES: Behaviour.DECLINE,
    Course.NEVER_ANSWERS: Behaviour.TIMEOUT_AFTER_PAYING,
    Course.IS_BUSY: Behaviour.TOO_MANY_REQUESTS,
    Course.BREAKS_DOWN: Behaviour.BREAK_DOWN,
    Course.SUCCEEDS_LATER: Behaviour.SUCCEED_BY_WEBHOOK,
    Course.FAILS_LATER: Behaviour.FAIL_BY_WEBHOOK,
    Course.IS_REVERSED: Behaviour.FAIL_AFTER_SUCCESS,
    Course.IS_SHORT: Behaviour.BALANCE_TOO_LOW,
}


@dataclass(slots=True)
class SandboxParty:
    merchant_id: str
    gateway: PaymentGateway
    line: Line
    books: AsyncEngine
    listener: Listener
    decline_code: str = "card_closed"
    tells: frozenset[GatewayStatus] = frozenset(GatewayStatus)

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        charge_ref = reference or f"ch_{secrets.token_hex(6)}"
        async with self.books.begin() as books:
            await gateway.capture(books, self.merchant_id, charge_ref, "p1", amount)
            await gateway.behave(books, self.merchant_id, charge_ref, _BEHAVIOURS[course])
        return charge_ref

    async def turn(self, charge_ref: str) -> None:
        async with self.books.begin() as books:
            is_it = charges.c.merchant_id == self.merchant_id, charges.c.charge_ref == charge_ref
            behaviour = (await books.execute(select(charges.c.behaviour).where(*is_it))).scalar_one()
            if behaviour == Behaviour.BALANCE_TOO_LOW:  # the merchant tops it up
                await gateway.behave(books, self.merchant_id, charge_ref, Behaviour.SUCCEED)
        due = "update sandbox.refunds set turns_at = now() where merchant_id = %s and charge_ref = %s"
        await self._execute(f"{due} and turns_to is not null", charge_ref)

    async def forget_keys(self) -> None:
        await self._execute("update sandbox.refunds set key_until = now() where merchant_id = %s")

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        query = "select key, refund_ref, amount, status from sandbox.refunds where merchant_id = %s and charge_ref = %s"
        async with self.books.connect() as books:
            rows = await books.exec_driver_sql(query, (self.merchant_id, charge_ref))
            return [Booked(row.key, row.refund_ref, row.amount, row.status) for row in rows]

    def until_it_reports(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        references = {each.reference for each in await self.booked(charge_ref)}

        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            said = [each for each in deliveries if each.body]  # whoever looks for a stack at this port says nothing
            return [each for each in said if json.loads(each.body)["data"]["reference"] in references]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return PROVIDERS["sandbox"].hear((_SECRET,), headers, body)

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:
        moment, webhook_id = at or clock.now(), "msg_signed_here"
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret or _SECRET).sign(webhook_id, moment, body.decode()),
        }

    async def _execute(self, statement: str, *more: str) -> None:
        async with self.books.begin() as books:
            await books.exec_driver_sql(statement, (self.merchant_id, *more))


@asynccontextmanager
async def sandbox_party(books_url: str) -> AsyncIterator[SandboxParty]:
    """Open the sandbox on an empty database, or on one that it has opened before."""
    server = make_url(books_url)
    books = open_engine(books_url, pool_size=3)
    await asyncio.to_thread(_migrated, books_url)
    begins, does = b"UPDATE sandbox.charges SET calls", b"COMMIT"
    async with (
        line_to(server.host or "127.0.0.1", server.port or 5432, begins=begins, does=does) as line,
        listening() as listener,
        asking() as http,
        _engine_through(line, books_url) as engine,
    ):
        post = asyncio.create_task(SandboxWebhookSender(books, http, listener.url, _SECRET).run())
        merchant_id = f"m-{secrets.token_hex(6)}"
        yield SandboxParty(merchant_id, SandboxGateway(engine), line, books, listener)
        post.cancel()
    await books.dispose()


@cache
def _migrated(books_url: str) -> None:
    """Once for all tests: to see that nothing is left to do takes longer than most of them."""
    upgrade(books_url)


@asynccontextmanager
async def _engine_through(line: Line, books_url: str) -> AsyncIterator[AsyncEngine]:
    """Statements are sent in words, never prepared: so the line knows the one that books a call."""
    url = make_url(psycopg_url(books_url)).set(host="127.0.0.1", port=line.own_port)
    plain = {"prepare_threshold": None, "gssencmode": "disable", "sslmode": "disable"}
    engine = create_async_engine(url, pool_size=25, connect_args=plain)
    yield engine
    await engine.dispose()
