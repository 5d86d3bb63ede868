"""Customers, reviewers and warehouses: they do what their plan says, twice where people do, and never give up."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass

from gateways.sandbox.behaviours import Behaviour
from proof.chaos.board import Board
from proof.chaos.plans import CAMPAIGN_ID, THRESHOLD, Plan, PlannedCourse
from tools.client import Api, Json, Refused

_OVER = "over"


@dataclass(frozen=True, slots=True)
class Staff:
    merchant: Api
    reviewer: Api
    warehouse: Api
    ops: Api


@dataclass(frozen=True, slots=True)
class Promise:
    """A refund that was accepted; `total` is what it has to come to if it is completed, in minor units."""

    plan: Plan
    refund_id: str
    total: int


async def set_up(staff: Staff) -> None:
    everything = {"max_amount": 10**12, "max_risk": 100, "reasons": ["quality_issue"]}
    await staff.ops.put("/v1/policy", {"auto_approve": everything})
    campaign: Json = {
        "name": "1000 and over",
        "kind": "spend_threshold",
        "threshold": THRESHOLD,
        "reward": {"kind": "store_credit", "amount": 5_000},
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": "2099-01-01T00:00:00Z",
    }
    await staff.merchant.put(f"/v1/campaigns/{CAMPAIGN_ID}", campaign)


async def play(plan: Plan, staff: Staff, board: Board, promises: list[Promise]) -> None:
    """Sell, ask for the refund, and see it to its end."""
    await _sell(plan, staff)
    refund = await _ask(plan, staff)
    total = (
        refund["total"] if plan.course is not PlannedCourse.PARTLY_ACCEPTED else refund["total"] * plan.accepted // 3
    )
    promises.append(Promise(plan, refund["refund_id"], total))
    with suppress(Refused):  # it is over already: the money was disputed, or somebody was faster
        await _follow(plan, staff, board, f"/v1/refunds/{refund['refund_id']}", refund["refund_id"])
    await board.until(refund["refund_id"], {_OVER})


async def _sell(plan: Plan, staff: Staff) -> None:
    if plan.points:
        path = f"/v1/customers/{plan.customer_id}/points"
        await staff.merchant.put(f"/v1/customers/{plan.customer_id}", {"name": plan.customer_id})
        await staff.merchant.post(path, {"points": plan.points}, key=f"points-{plan.number}")
    if plan.coupon:
        await staff.merchant.put(f"/v1/coupons/coupon-{plan.number}", plan.coupon)
    await staff.merchant.put(f"/v1/orders/{plan.order_id}", plan.order)
    await staff.merchant.put(f"/v1/sandbox/charges/{plan.charge_ref}", {"behaviour": plan.behaviour})


async def _ask(plan: Plan, staff: Staff) -> Json:
    """Ask once, or twice at the same time under the same key: it is one refund all the same."""
    by_itself = plan.course is not PlannedCourse.REVIEWED
    goods_come_back = plan.course in (PlannedCourse.RETURNED, PlannedCourse.PARTLY_ACCEPTED, PlannedCourse.CANCELLED)
    body: Json = {
        "order_id": plan.order_id,
        "reason": "quality_issue" if by_itself else "changed_mind",
        "kind": "return" if goods_come_back else "refund_only",
    }
    asked = [staff.merchant.post("/v1/refunds", body, key=f"ask-{plan.number}") for _ in range(1 + plan.asks_twice)]
    refund, *again = await asyncio.gather(*asked)
    if any(other["refund_id"] != refund["refund_id"] for other in again):
        raise AssertionError(f"{plan.order_id} was refunded twice under one key")
    return refund


async def _follow(plan: Plan, staff: Staff, board: Board, at: str, refund_id: str) -> None:
    if plan.course is PlannedCourse.REVIEWED:
        await board.until(refund_id, {"in_review"})
        await _insist(staff.reviewer, f"{at}/review", {"decision": "approve"}, twice=plan.asks_twice)
    elif plan.course is PlannedCourse.CANCELLED:
        await board.until(refund_id, {"awaiting_return"})
        await _insist(staff.merchant, f"{at}/cancel", {"note": "changed my mind"}, twice=plan.asks_twice)
    elif plan.course is not PlannedCourse.AT_ONCE:
        await board.until(refund_id, {"awaiting_return"})
        parcel = {"carrier": "SF", "tracking_number": f"SF{plan.number}"}
        await _insist(staff.merchant, f"{at}/shipment", parcel, twice=False)
        await _insist(staff.warehouse, f"{at}/receipt", {}, twice=plan.asks_twice)
        await _insist(staff.warehouse, f"{at}/inspection", _found(plan), twice=plan.asks_twice)
    if plan.behaviour is Behaviour.PENDING:
        await board.until(refund_id, {"paying_out"})
        await staff.merchant.put(f"/v1/sandbox/charges/{plan.charge_ref}", {"behaviour": Behaviour.SUCCEED})


async def _insist(api: Api, path: str, body: Json, *, twice: bool) -> None:
    """Say it until it is answered; a second person who says the same may be told that it was said."""
    said = [api.post(path, body) for _ in range(1 + twice)]
    await asyncio.gather(*(_unless_said(each) for each in said))


async def _unless_said(said: Awaitable[Json]) -> None:
    with suppress(Refused):
        await said


def _found(plan: Plan) -> Json:
    if plan.course is not PlannedCourse.PARTLY_ACCEPTED:
        return {}
    rejected = 3 - plan.accepted
    return {"lines": [{"line_id": "l1", "accepted": plan.accepted, "rejected": rejected, "disposition": "scratched"}]}
