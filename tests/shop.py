"""A merchant as the tests know it: API keys of every role, and orders that show only what matters."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle

from db import api_keys, payouts, schema
from db.api_keys import Role
from db.engine import snapshots
from domain import clock
from tools.client import FINAL, Api, Json
from workflows.contract import workflow_id

_IN_BOOKS = text("""
    select status, (select count(*) from refund_events where refund_id = :refund_id)
    from refunds where refund_id = :refund_id
""")

_GOES_ON = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)

TODAY = clock.now().date()
"""Read once, so that a test that runs over midnight says the same all the time."""

IN_TIME_S = 180.0
"""Far longer than anything here takes: it bounds a test that hangs, it measures nothing."""

METRICS_TOKEN = "token-of-prometheus"
"""Of those who watch the session's stack."""


class InBooks(NamedTuple):
    """How far a refund is by its books; nothing where they can't be read."""

    status: str = ""
    events: int = 0


@dataclass
class Shop:
    merchant_id: str
    keys: dict[Role, str]
    http: httpx.AsyncClient
    engine: AsyncEngine
    temporal: Client
    customer_id: str = "lilei"
    merchant: Api = field(init=False)
    reviewer: Api = field(init=False)
    warehouse: Api = field(init=False)
    ops: Api = field(init=False)
    owner: Api = field(init=False)

    def __post_init__(self) -> None:
        for role in (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER):
            setattr(self, role, Api(self.http, self.keys[role]))

    @property
    def domain(self) -> str:
        """Where this merchant's customers have their mail, and no other's."""
        return f"{self.merchant_id}.example"

    def address_of(self, name: str) -> str:
        return f"{name}@{self.domain}"

    async def raw(self, role: Role, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request once, as it is."""
        headers = {"Authorization": f"Bearer {self.keys[role]}", **request.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **request)

    async def metrics(self) -> dict[str, float]:
        """What Prometheus is told, by name and labels; of the database it may be some seconds old."""
        answer = await self.http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: float(figure) for name, _, figure in (line.rpartition(" ") for line in lines)}

    async def until_watched(self, is_so: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """Wait until who watches sees it."""
        async with asyncio.timeout(IN_TIME_S):
            while True:
                shown = await self.metrics()
                if is_so(shown):
                    return shown
                await asyncio.sleep(0.2)

    async def customer_key(self, customer_id: str) -> str:
        key = f"mk_customer_{secrets.token_hex(8)}"
        async with self.engine.begin() as connection:
            await api_keys.remember(
                connection, key=key, merchant_id=self.merchant_id, role="customer", customer_id=customer_id
            )
        return key

    async def another(self, role: Role) -> Api:
        """Make another key of a role, as for another person."""
        key = f"mk_{role}_{secrets.token_hex(8)}"
        async with self.engine.begin() as connection:
            await api_keys.remember(connection, key=key, merchant_id=self.merchant_id, role=role)
        return Api(self.http, key)

    async def policy(self, **fields: Any) -> Json:
        return await self.ops.put("/v1/policy", fields)

    async def lenient_policy(self, **fields: Any) -> Json:
        """Set a policy under which no reviewer is ever asked."""
        every_reason = ["quality_issue", "delivery_error", "merchant_breach", "changed_mind"]
        return await self.policy(auto_approve={**ANYTHING, "reasons": every_reason}, **fields)

    async def order(self, order_id: str = "o1", **fields: Any) -> Json:
        return await self.merchant.put(f"/v1/orders/{order_id}", self.order_body(order_id, **fields))

    def order_body(self, order_id: str = "o1", **fields: Any) -> Json:
        """A delivered order of two kettles at 600.00, paid by card; `payments` follow what the rest comes to."""
        body: Json = {
            "customer_id": self.customer_id,
            "currency": "CNY",
            "status": "delivered",
            "placed_at": days_ago(27, "08:00:00"),
            "paid_at": days_ago(27, "08:01:00"),
            "delivered_at": days_ago(25, "10:00:00"),
            "lines": [a_line("l1", quantity=2, unit_price=60_000)],
            "shipping": {"amount": 0},
            "discounts": [],
            **fields,
        }
        return {"payments": [a_payment("p1", price(body), f"ch-{order_id}")], **body}

    async def quote(self, order_id: str = "o1", *, reason: str = "quality_issue", **fields: Any) -> Json:
        body = {"order_id": order_id, "reason": reason, "kind": "refund_only", **fields}
        return await self.merchant.post("/v1/refunds/quote", body)

    async def refund(self, order_id: str = "o1", *, reason: str = "quality_issue", **fields: Any) -> Json:
        body = {"order_id": order_id, "reason": reason, "kind": "refund_only", **fields}
        return await self.merchant.post("/v1/refunds", body)

    async def approved_refund(self, order_id: str = "o1", **fields: Any) -> Json:
        """Request a refund that needs no reviewer, and wait until it is complete."""
        refund = await self.refund(order_id, **fields)
        return await self.until(refund, "completed")

    async def returned(self, order_id: str = "o1", *, inspected: list[Json] | None = None, **fields: Any) -> Json:
        """Request a refund, send the goods back, have them inspected, and wait until it is complete."""
        refund = await self.refund(order_id, kind="return", **fields)
        path = f"/v1/refunds/{refund['refund_id']}"
        await self.until(refund, "awaiting_return")
        await self.warehouse.post(f"{path}/receipt", {})
        await self.warehouse.post(f"{path}/inspection", {"lines": inspected or []})
        return await self.until(refund, "completed")

    async def until(self, refund: Json, *statuses: str) -> Json:
        """Wait until a refund has one of these statuses; the API is asked when its books say so, which costs less."""
        refund_id = refund["refund_id"]
        await self.until_in_books(refund_id, lambda now: now.status in (*statuses, *FINAL), within_s=IN_TIME_S)
        shown = await self.merchant.get(f"/v1/refunds/{refund_id}")
        if shown["status"] in statuses:
            return shown
        return await self.merchant.wait_for(refund_id, statuses, within_s=IN_TIME_S)

    async def until_in_books(self, refund_id: str, is_so: Callable[[InBooks], bool], *, within_s: float) -> None:
        """Look until the question is answered with yes, or the time is up; the API is asked in any case then."""
        deadline, pause = time.monotonic() + within_s, 0.1
        while not is_so(await self._in_books(refund_id)) and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, 0.5)

    async def _until_other_than(self, before: InBooks, refund_id: str) -> None:
        """Look for a while until something has happened to a refund."""
        await self.until_in_books(refund_id, lambda now: now != before, within_s=2.0)

    async def _in_books(self, refund_id: str) -> InBooks:
        """What its books say: one statement, where the API reads and words the whole of it."""
        with suppress(SQLAlchemyError):  # tests stop Postgres
            async with snapshots(self.engine).connect() as connection:
                found = (await connection.execute(_IN_BOOKS, {"refund_id": refund_id})).first()
                return InBooks(*found) if found else InBooks()
        return InBooks()

    async def until_judged(self, refund: Json) -> Json:
        """Wait until a refund's risk is judged: from then on its workflow takes what people say without the API."""
        return await self.ops.wait_until(refund["refund_id"], lambda now: now["risk"] is not None, within_s=IN_TIME_S)

    async def until_noticed(self, refund: Json) -> Json:
        """Wait until a refund needs attention, also one that was over already."""
        async with asyncio.timeout(IN_TIME_S):
            while True:
                before = await self._in_books(refund["refund_id"])
                now = await self.ops.get(f"/v1/refunds/{refund['refund_id']}")
                if now["needs_attention"]:
                    return now
                await self._until_other_than(before, refund["refund_id"])

    async def until_event(self, refund: Json, event: str) -> Json:
        """Wait until something is in a refund's timeline."""
        async with asyncio.timeout(IN_TIME_S):
            while True:
                before = await self._in_books(refund["refund_id"])
                shown: Json = await self.merchant.get(f"/v1/refunds/{refund['refund_id']}")
                if any(entry["event"] == event for entry in shown["timeline"]):
                    return shown
                await self._until_other_than(before, refund["refund_id"])

    async def customer(self, customer_id: str | None = None) -> Json:
        return await self.merchant.get(f"/v1/customers/{customer_id or self.customer_id}")

    async def inbox(self) -> list[str]:
        answer = await self.merchant.get(f"/v1/customers/{self.customer_id}/inbox")
        return [message["body"] for message in answer["items"]]

    async def until_told(self, words: str) -> list[str]:
        """Wait until a message to the customer has these words; returns all messages."""
        async with asyncio.timeout(IN_TIME_S):
            while True:
                inbox = await self.inbox()
                if any(words in text for text in inbox):
                    return inbox
                await asyncio.sleep(0.2)

    async def until_operations_told(self, topic: str) -> list[Json]:
        """Wait until operations have a message about this, which comes after what it tells of; returns all messages."""
        async with asyncio.timeout(IN_TIME_S):
            while True:
                inbox: list[Json] = (await self.ops.get("/v1/inbox"))["items"]
                if any(each["topic"] == topic for each in inbox):
                    return inbox
                await asyncio.sleep(0.2)

    async def behave(self, charge_ref: str, behaviour: str) -> None:
        await self.merchant.put(f"/v1/sandbox/charges/{charge_ref}", {"behaviour": behaviour})

    async def payout_key(self, refund: Json, payment_id: str = "p1") -> str:
        """The key under which a payout is asked for now."""
        async with self.engine.connect() as connection:
            return str((await payouts.find(connection, refund["refund_id"], payment_id)).key)

    def workflow(self, refund: Json) -> WorkflowHandle[Any, Any]:
        return self.temporal.get_workflow_handle(workflow_id(refund["refund_id"]))

    async def until_ended(self, refund: Json) -> None:
        """Wait until a refund's workflow has ended, or the one in its place: on a slow machine tasks time out."""
        while True:
            try:
                await self.workflow(refund).result()
            except WorkflowFailureError:
                if (await self.workflow(refund).describe()).status not in _GOES_ON:
                    raise
            else:
                return


async def open_shop(http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Shop:
    """Open a new merchant with a key for every role, approving whatever is asked for the merchant's fault."""
    merchant_id = f"m-{secrets.token_hex(6)}"
    staff = [role for role in Role if role is not Role.CUSTOMER]
    keys: dict[Role, str] = {role: f"mk_{role}_{secrets.token_hex(8)}" for role in staff}
    async with engine.begin() as connection:
        new = [api_keys.NewKey(key, merchant_id, role).row() for role, key in keys.items()]
        await connection.execute(insert(schema.api_keys), new)
    shop = Shop(merchant_id, keys, http, engine, temporal)
    await shop.policy(auto_approve=ANYTHING)
    return shop


ANYTHING = {"max_amount": 10**12, "max_risk": 100}


def days_ago(days: int, clock: str = "00:00:00") -> str:
    """A moment on the wire, so many days before today; days to come are below zero."""
    return f"{TODAY - timedelta(days=days)}T{clock}Z"


def a_line(line_id: str, *, quantity: int = 1, unit_price: int = 10_00, **fields: Any) -> Json:
    return {"line_id": line_id, "sku": f"sku-{line_id}", "quantity": quantity, "unit_price": unit_price, **fields}


def a_payment(payment_id: str, amount: int, gateway_ref: str, method: str = "card") -> Json:
    return {
        "payment_id": payment_id,
        "method": method,
        "gateway": "sandbox",
        "gateway_ref": gateway_ref,
        "amount": amount,
    }


def price(order: Json) -> int:
    lines = sum(_cost(line) for line in order["lines"])
    return int(lines + order["shipping"]["amount"] - sum(each["amount"] for each in order["discounts"]))


def _cost(line: Json) -> int:
    return int(line["quantity"] * line["unit_price"] if line.get("total") is None else line["total"])
