"""The real orders and refunds that a load is copied from, made through the API: every status in which refunds stay.

*Restoring* is not among them: it lasts for moments, and a copy of it would be completed at once.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

from domain import clock
from tools.client import Api, Json, Staff

_WITHIN_S = 180.0
_AT_ONCE = 8
_LONG = "P3650D"
"""What people have time for is not over when the loaded stack is started, however late that is."""

_PATIENT: Json = {"review_sla": _LONG, "return_deadline": _LONG, "inspection_sla": _LONG}
_BY_RULE: Json = {"auto_approve": {"max_amount": 10**12, "max_risk": 100, "reasons": ["quality_issue"]}}

_ALWAYS: Json = {"starts_at": "2000-01-01T00:00:00Z", "ends_at": "9999-12-31T00:00:00Z", "kind": "spend_threshold"}
CAMPAIGN = "always"
"""Every order in yuan counts towards it, and nobody ever reaches it."""

_CAMPAIGNS: dict[str, Json] = {
    CAMPAIGN: {"name": "A very large reward", "currency": "CNY", "threshold": 10**12, **_ALWAYS},
    "in-euros": {"name": "Spend 1000 EUR, get 200", "currency": "EUR", "threshold": 1_000_00, **_ALWAYS},
}


CUSTOMER = "-customer"
"""After the name of a case: who its customer is."""


@dataclass(frozen=True, slots=True)
class Case:
    """One order or one customer's story. Each id of it that we choose has its `name` in it, and no other case's has."""

    name: str
    staff: Staff
    day: date

    @property
    def customer_id(self) -> str:
        return f"{self.name}{CUSTOMER}"

    async def sell(self, order_id: str = "o1", **fields: object) -> str:
        """Sell two kettles for 99.00; `payments` follow what the rest comes to."""
        named = f"{self.name}-{order_id}"
        await self.staff.merchant.put(f"/v1/orders/{named}", self._order(named, fields))
        return named

    def _order(self, order_id: str, fields: dict[str, object]) -> Json:
        days_ago = [f"{self.day - timedelta(days=days)}T08:00:00Z" for days in (9, 8, 5)]
        body: Json = {
            "customer_id": self.customer_id,
            "currency": "CNY",
            "status": "delivered",
            **dict(zip(("placed_at", "paid_at", "delivered_at"), days_ago, strict=True)),
            "lines": [{"line_id": "l1", "sku": "kettle", "name": "Kettle", "quantity": 2, "unit_price": 49_50}],
            "discounts": [],
            **fields,
        }
        goods = sum(line["quantity"] * line["unit_price"] for line in body["lines"])
        paid = goods - sum(each["amount"] for each in body["discounts"])
        charge = {
            "payment_id": "p1",
            "method": "card",
            "gateway": "sandbox",
            "gateway_ref": f"{order_id}-charge",
            "amount": paid,
        }
        charge |= {"instrument": f"{self.name}-card"}
        return {"payments": [charge], **body}

    async def behave(self, order_id: str, behaviour: str) -> None:
        await self.staff.merchant.put(f"/v1/sandbox/charges/{order_id}-charge", {"behaviour": behaviour})

    async def ask(self, order_id: str, **fields: object) -> str:
        body = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only", **fields}
        return str((await self.staff.merchant.post("/v1/refunds", body, key=f"{self.name}-ask"))["refund_id"])

    async def say(self, who: Api, refund_id: str, what: str, **body: object) -> None:
        await who.post(f"/v1/refunds/{refund_id}/{what}", body, key=f"{self.name}-{what}-{secrets.token_hex(2)}")

    async def until(self, refund_id: str, *statuses: str) -> str:
        await self.staff.merchant.wait_for(refund_id, statuses, within_s=_WITHIN_S)
        return refund_id


Scene = Callable[[Case], Awaitable[object]]

# Of a customer who has more orders


async def sold(case: Case) -> None:
    await case.sell()


async def paid_back(case: Case) -> None:
    await case.until(await case.ask(await case.sell()), "completed")


async def paid_back_in_part(case: Case) -> None:
    lines = [{"line_id": "l1", "quantity": 1}]
    await case.until(await case.ask(await case.sell(), lines=lines), "completed")


async def paid_back_later(case: Case) -> None:
    """The provider takes its time, and tells by webhook."""
    refund_id = await paying_out(case)
    await case.behave(f"{case.name}-o1", "succeed")
    await case.until(refund_id, "completed")


async def sent_back(case: Case) -> None:
    refund_id = await inspecting(case)
    await case.say(case.staff.warehouse, refund_id, "inspection")
    await case.until(refund_id, "completed")


async def rejected(case: Case) -> None:
    refund_id = await evidence_asked(case)
    await case.say(case.staff.merchant, refund_id, "evidence", evidence=["https://example.com/scratch.jpg"])
    await case.say(case.staff.reviewer, refund_id, "review", decision="reject", note="it was used")
    await case.until(refund_id, "rejected")


async def cancelled(case: Case) -> None:
    refund_id = await awaiting_return(case)
    await case.say(case.staff.merchant, refund_id, "cancel", note="keeps it")
    await case.until(refund_id, "cancelled")


# Of a customer of its own


async def coupon_and_points(case: Case) -> None:
    merchant, coupon_id = case.staff.merchant, f"{case.name}-coupon"
    await merchant.put(f"/v1/customers/{case.customer_id}", {"name": "Li Lei"})
    await merchant.post(f"/v1/customers/{case.customer_id}/points", {"points": 1_000}, key=f"{case.name}-points")
    coupon = {"customer_id": case.customer_id, "name": "10 off", "amount": 10_00, "currency": "CNY"}
    await merchant.put(f"/v1/coupons/{coupon_id}", coupon)
    used = [{"source": "coupon", "id": coupon_id, "amount": 10_00}, {"source": "points", "points": 500, "amount": 5_00}]
    await case.until(await case.ask(await case.sell(discounts=used, points_earned=84)), "completed")


async def reward_lost(case: Case) -> None:
    """What is left of the order does not earn the campaign's reward any more."""
    lines = [{"line_id": "l1", "sku": "coat", "name": "Coat", "quantity": 2, "unit_price": 600_00}]
    order_id = await case.sell(lines=lines, currency="EUR")
    await case.until(await case.ask(order_id, lines=[{"line_id": "l1", "quantity": 1}]), "completed")


async def granted_and_sold_differently(case: Case) -> None:
    """The order used an exclusive discount, granted a coupon, and was sold differently before it was refunded."""
    coupon = {"customer_id": case.customer_id, "name": "5 off", "amount": 5_00, "currency": "CNY"}
    await case.staff.merchant.put(f"/v1/coupons/{case.name}-granted", coupon)
    used = [{"source": "exclusive_discount", "id": f"{case.name}-vip", "amount": 9_00}]
    granted = [{"kind": "coupon", "coupon_id": f"{case.name}-granted"}]
    await case.sell(discounts=used, rewards=granted)
    less = [{"line_id": "l1", "sku": "kettle", "name": "Kettle", "quantity": 1, "unit_price": 49_50}]
    now = clock.now().isoformat(timespec="seconds")
    order_id = await case.sell(discounts=used, rewards=granted, lines=less, updated_at=now)
    await case.until(await case.ask(order_id), "completed")


async def store_credit_instead(case: Case) -> None:
    order_id = await case.sell()
    await case.behave(order_id, "decline")
    await case.until(await case.ask(order_id), "completed")


async def suspended(case: Case) -> None:
    await paid_back(case)
    path = f"/v1/customers/{case.customer_id}/suspension"
    await case.staff.ops.post(path, {"reason": "too many returns"}, key=f"{case.name}-suspension")


async def expired(case: Case) -> None:
    await case.until(await case.ask(await case.sell(), kind="return"), "expired")


async def asked_anew(case: Case) -> None:
    """The provider said no, people had it asked again, and it said yes."""
    refund_id = await needs_attention(case)
    await case.behave(f"{case.name}-o1", "succeed")
    await case.say(case.staff.ops, refund_id, "resolution", step="pay_out", action="retry")
    await case.until(refund_id, "completed")


# Not over yet


async def in_review(case: Case) -> str:
    refund_id = await case.ask(await case.sell(), kind="return", reason="changed_mind")
    return await case.until(refund_id, "in_review")


async def evidence_asked(case: Case) -> str:
    refund_id = await in_review(case)
    await case.say(case.staff.reviewer, refund_id, "review", decision="request_evidence", note="a photo, please")
    return refund_id


async def awaiting_return(case: Case) -> str:
    return await case.until(await case.ask(await case.sell(), kind="return"), "awaiting_return")


async def in_transit(case: Case) -> str:
    refund_id = await awaiting_return(case)
    await case.say(case.staff.merchant, refund_id, "shipment", carrier="SF", tracking_number=f"{case.name}-parcel")
    return await case.until(refund_id, "in_transit")


async def inspecting(case: Case) -> str:
    refund_id = await in_transit(case)
    await case.say(case.staff.warehouse, refund_id, "receipt")
    return await case.until(refund_id, "inspecting")


async def paying_out(case: Case) -> str:
    """The provider has been asked, and says that it takes its time."""
    order_id = await case.sell()
    await case.behave(order_id, "pending")
    refund_id = await case.ask(order_id)
    await case.staff.merchant.wait_until(refund_id, _is_pending, within_s=_WITHIN_S)
    return refund_id


def _is_pending(refund: Json) -> bool:
    return any(payout["status"] == "pending" for payout in refund["payouts"])


async def needs_attention(case: Case) -> str:
    order_id = await case.sell()
    await case.behave(order_id, "decline")
    return await case.until(await case.ask(order_id), "needs_attention")


OF_ANYBODY: dict[Scene, int] = {
    paid_back: 50,
    paid_back_in_part: 10,
    paid_back_later: 4,
    sent_back: 12,
    rejected: 6,
    cancelled: 5,
}
"""Refunds of customers with any number of orders, with their weights."""

OF_THEIR_OWN: dict[Scene, int] = {
    coupon_and_points: 4,
    reward_lost: 2,
    granted_and_sold_differently: 2,
    store_credit_instead: 2,
    suspended: 1,
    expired: 1,
    asked_anew: 1,
}
"""Stories with a customer of their own, since campaigns and rights look at all that a customer has."""

AS_USUAL: dict[Scene, int] = {**OF_ANYBODY, **OF_THEIR_OWN}

OPEN: tuple[Scene, ...] = (
    *(in_review, evidence_asked, awaiting_return, in_transit, inspecting, paying_out, needs_attention),
)

_UNDER_ANOTHER_POLICY: dict[Scene, Json] = {
    expired: {"return_deadline": "PT1S"},
    asked_anew: {"declined_tender": "hold"},
    needs_attention: {"declined_tender": "hold"},
}


_USUAL: Json = {**_BY_RULE, **_PATIENT}


async def open_shop(staff: Staff) -> None:
    """Put the policy and the campaigns that every shop of a load has."""
    await staff.ops.put("/v1/policy", _USUAL)
    for campaign_id, campaign in _CAMPAIGNS.items():
        reward = {"kind": "store_credit", "amount": 200_00}
        await staff.merchant.put(f"/v1/campaigns/{campaign_id}", {**campaign, "reward": reward})


async def play(staff: Staff) -> dict[Scene, Case]:
    """Play every scene once, each under its policy; the usual one is the last that is put."""
    await open_shop(staff)
    run, gate = f"ld{secrets.token_hex(3)}", asyncio.Semaphore(_AT_ONCE)
    scenes = (sold, *OF_ANYBODY, *OF_THEIR_OWN, *OPEN)
    today = clock.now().date()
    cases = {scene: Case(f"{run}{place:02}", staff, today) for place, scene in enumerate(scenes)}

    async def one(scene: Scene) -> None:
        async with gate:
            await scene(cases[scene])

    await asyncio.gather(*(one(scene) for scene in scenes if scene not in _UNDER_ANOTHER_POLICY))
    for scene, terms in _UNDER_ANOTHER_POLICY.items():
        await staff.ops.put("/v1/policy", {**_USUAL, **terms})
        await scene(cases[scene])
    await staff.ops.put("/v1/policy", _USUAL)
    return cases
