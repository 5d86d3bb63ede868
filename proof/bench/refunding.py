"""What callers do: orders that are put beforehand, refunds of them, and a return with all that people say."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from domain import clock
from proof.bench.completions import Completions
from proof.bench.wire import Wire
from tools.client import Json
from tools.stack.keys import ApiKeys

Times = dict[str, float]
"""How long each part took, in seconds."""


@dataclass(frozen=True, slots=True)
class Done:
    refund_id: str
    times: Times


_PUT_AT_ONCE = 5


class Refunding:
    """A shop whose refunds are moved by whatever is behind its API."""

    def __init__(self, wire: Wire, keys: ApiKeys, completions: Completions) -> None:
        self._wire = wire
        self._keys = keys
        self._completions = completions

    @property
    def told_to_wait(self) -> int:
        """How often somebody was told to come again later."""
        return self._wire.told_to_wait

    async def open(self) -> None:
        """Begin the campaign that every rich order counts towards."""
        campaign: Json = {
            "name": "Spend 100, get 20",
            "kind": "spend_threshold",
            "starts_at": _day(-20),
            "ends_at": _day(20),
            "currency": "CNY",
            "threshold": 10_000,
            "reward": {"kind": "store_credit", "amount": 2_000},
        }
        await self._wire.send("PUT", "/v1/campaigns/bench", self._keys.merchant, campaign)

    async def plain_orders(self, count: int) -> list[str]:
        return await self._put(count, self._plain)

    async def orders_of(self, customer_id: str, count: int) -> list[str]:
        """Orders of one customer, in yuan: where a campaign counts all they bought, they count."""

        async def put(order_id: str) -> None:
            order = _order(order_id, currency="CNY") | {"customer_id": customer_id}
            await self._wire.send("PUT", f"/v1/orders/{order_id}", self._keys.merchant, order)

        return await self._put(count, put)

    async def rich_orders(self, count: int) -> list[str]:
        return await self._put(count, self._rich)

    async def refund(self, order_id: str) -> Done:
        """A refund-only that a rule approves."""
        began = time.perf_counter()
        refund_id = await self._submit(order_id, "quality_issue", "refund_only")
        submitted = time.perf_counter()
        await self._completions.wait_for(refund_id)
        return Done(refund_id, {"submit": submitted - began, "completed": time.perf_counter() - began})

    async def full_return(self, order_id: str) -> Done:
        """A return with review, shipment, receipt and inspection, each said as soon as the one before is answered."""
        began = time.perf_counter()
        refund_id = await self._submit(order_id, "changed_mind", "return")
        times = {"submit": time.perf_counter() - began}
        said: tuple[tuple[str, str, Json], ...] = (
            ("review", self._keys.reviewer, {"decision": "approve", "note": "fine"}),
            ("shipment", self._keys.merchant, {"carrier": "SF", "tracking_number": f"SF-{refund_id}"}),
            ("receipt", self._keys.warehouse, {}),
            ("inspection", self._keys.warehouse, {}),
        )
        for word, key, body in said:
            asked = time.perf_counter()
            named = secrets.token_hex(16)
            await self._wire.send("POST", f"/v1/refunds/{refund_id}/{word}", key, body, idempotency_key=named)
            times[word] = time.perf_counter() - asked
        await self._completions.wait_for(refund_id)
        return Done(refund_id, times | {"completed": time.perf_counter() - began})

    async def _submit(self, order_id: str, reason: str, kind: str) -> str:
        body: Json = {"order_id": order_id, "reason": reason, "kind": kind}
        named = secrets.token_hex(16)
        made = await self._wire.send("POST", "/v1/refunds", self._keys.merchant, body, idempotency_key=named)
        return str(made["refund_id"])

    async def _put(self, count: int, put: Callable[[str], Awaitable[None]]) -> list[str]:
        """Put so many orders, each of a customer of its own."""
        ids = [f"o-{secrets.token_hex(6)}" for _ in range(count)]
        gate = asyncio.Semaphore(_PUT_AT_ONCE)

        async def in_turn(order_id: str) -> None:
            async with gate:
                await put(order_id)

        await asyncio.gather(*map(in_turn, ids))
        return ids

    async def _plain(self, order_id: str) -> None:
        await self._wire.send("PUT", f"/v1/orders/{order_id}", self._keys.merchant, _order(order_id))

    async def _rich(self, order_id: str) -> None:
        """Paid with a coupon, it earned points and reached a campaign."""
        coupon: Json = {
            "customer_id": f"c-{order_id}",
            "name": "10 off",
            "amount": 1_000,
            "currency": "CNY",
            "valid_until": _day(30),
        }
        await self._wire.send("PUT", f"/v1/coupons/cpn-{order_id}", self._keys.merchant, coupon)
        order = _order(order_id, currency="CNY", unit_price=12_000, paid=11_000)
        order |= {"discounts": [{"source": "coupon", "id": f"cpn-{order_id}", "amount": 1_000}], "points_earned": 110}
        await self._wire.send("PUT", f"/v1/orders/{order_id}", self._keys.merchant, order)


def _order(order_id: str, *, currency: str = "EUR", unit_price: int = 9_900, paid: int = 9_900) -> Json:
    """A delivered order of one kettle; the campaign does not count euros."""
    payment = {"payment_id": "p1", "method": "card", "gateway": "sandbox", "gateway_ref": f"ch-{order_id}"}
    return {
        "customer_id": f"c-{order_id}",
        "currency": currency,
        "status": "delivered",
        "placed_at": _day(-6),
        "paid_at": _day(-6),
        "delivered_at": _day(-3),
        "lines": [{"line_id": "l1", "sku": "A-1", "name": "Kettle", "quantity": 1, "unit_price": unit_price}],
        "payments": [{**payment, "amount": paid}],
    }


def _day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
