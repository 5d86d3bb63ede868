"""Customers, reviewers and warehouses: they do what their plan says, twice where people do, and never give up.

Where the books went back they go through their plan once more: they sell what is unknown, ask under the same
Idempotency-Key, and say again what the refund still waits for.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass

from domain.lifecycle import COURSE, RefundStatus
from gateways.sandbox.behaviours import Behaviour
from proof.chaos.board import Board
from proof.chaos.operations import has_paid_unknown
from proof.chaos.plans import CAMPAIGN_ID, THRESHOLD, Plan, PlannedCourse
from tools.client import Api, Json, Refused, Staff

_OVER = "over"
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Promise:
    """A refund that was accepted; `total` is what it has to come to if it is completed, in minor units.

    `forgotten` are those that were accepted before and then unknown, as the books had gone back.
    """

    plan: Plan
    refund_id: str
    total: int
    forgotten: tuple[str, ...] = ()


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


class Player:
    """Sees one plan through; `promise` is what was accepted last."""

    def __init__(self, plan: Plan, staff: Staff, board: Board) -> None:
        self.promise: Promise | None = None
        self._plan = plan
        self._staff = staff
        self._board = board
        self._is_charge_told = False

    async def play(self) -> None:
        """Sell, ask for the refund, and see it to its end; once more from the beginning where it is called again."""
        await self._sell()
        refund = await _ask(self._plan, self._staff)
        self.promise = promise = self._promised(refund)
        with suppress(Refused):  # it is over already: the money was disputed, or somebody was faster
            await _follow(self._plan, self._staff, self._board, f"/v1/refunds/{promise.refund_id}", promise.refund_id)
        await self._board.until(promise.refund_id, {_OVER})
        while has_paid_unknown(self._board.refunds[promise.refund_id]):
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._board.until(promise.refund_id, {_OVER})

    async def _sell(self) -> None:
        if not await self._is_sold():
            await _sell(self._plan, self._staff)
        if not self._is_charge_told:
            path = f"/v1/sandbox/charges/{self._plan.charge_ref}"
            await self._staff.merchant.put(path, {"behaviour": self._plan.behaviour})
            self._is_charge_told = True

    async def _is_sold(self) -> bool:
        try:
            await self._staff.merchant.get(f"/v1/orders/{self._plan.order_id}")
        except Refused as refused:
            if refused.code != "not_found":
                raise
            return False
        return True

    def _promised(self, refund: Json) -> Promise:
        plan, before, refund_id = self._plan, self.promise, refund["refund_id"]
        is_part = plan.course is PlannedCourse.PARTLY_ACCEPTED
        total = refund["total"] * plan.accepted // 3 if is_part else refund["total"]
        forgotten = before.forgotten if before else ()
        if before and before.refund_id != refund_id:
            forgotten += (before.refund_id,)
        return Promise(plan, refund_id, total, forgotten)


async def _sell(plan: Plan, staff: Staff) -> None:
    if plan.points:
        path = f"/v1/customers/{plan.customer_id}/points"
        await staff.merchant.put(f"/v1/customers/{plan.customer_id}", {"name": plan.customer_id})
        await staff.merchant.post(path, {"points": plan.points}, key=f"points-{plan.number}")
    if plan.coupon:
        await staff.merchant.put(f"/v1/coupons/coupon-{plan.number}", plan.coupon)
    await staff.merchant.put(f"/v1/orders/{plan.order_id}", plan.order)


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
        await board.until(refund_id, _from(RefundStatus.IN_REVIEW))
        await _insist(staff.reviewer, f"{at}/review", {"decision": "approve"}, twice=plan.asks_twice)
    elif plan.course is PlannedCourse.CANCELLED:
        await board.until(refund_id, _from(RefundStatus.AWAITING_RETURN))
        await _insist(staff.merchant, f"{at}/cancel", {"note": "changed my mind"}, twice=plan.asks_twice)
    elif plan.course is not PlannedCourse.AT_ONCE:
        await board.until(refund_id, _from(RefundStatus.AWAITING_RETURN))
        parcel = {"carrier": "SF", "tracking_number": f"SF{plan.number}"}
        await _insist(staff.merchant, f"{at}/shipment", parcel, twice=False)
        await _insist(staff.warehouse, f"{at}/receipt", {}, twice=plan.asks_twice)
        if (await staff.merchant.get(at))["status"] == RefundStatus.IN_REVIEW:  # it was over, and the parcel opened it
            await _insist(staff.reviewer, f"{at}/review", {"decision": "approve"}, twice=plan.asks_twice)
        await _insist(staff.warehouse, f"{at}/inspection", _found(plan), twice=plan.asks_twice)
    if plan.behaviour in (Behaviour.PENDING, Behaviour.BALANCE_TOO_LOW):  # until the merchant has paid something in
        await board.until(refund_id, _from(RefundStatus.PAYING_OUT))
        await staff.merchant.put(f"/v1/sandbox/charges/{plan.charge_ref}", {"behaviour": Behaviour.SUCCEED})


def _from(status: RefundStatus) -> tuple[RefundStatus, ...]:
    """It and what may follow: where people say something again, the refund may be further than that."""
    return COURSE[COURSE.index(status) :]


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
