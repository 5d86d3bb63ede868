"""Showing stored refunds and quotes the way the wire wants them."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.requests import Quoted
from api.schemas.refunds import (
    CampaignEffectAnswer,
    CouponEffectAnswer,
    DeductionAnswer,
    EffectsAnswer,
    PayoutAnswer,
    QuoteAnswer,
    RefundAnswer,
    RefundBody,
    RefundLineAnswer,
    RefundSummary,
    TimelineAnswer,
)
from db import claims, journal, payouts
from db.codec import from_json
from db.payouts import PayoutStatus
from domain.claims import Claim
from domain.coupons import CouponOutcome
from domain.orders import PaymentMethod
from domain.reasons import RefundStatus
from domain.settlement import Settlement


def quote_answer(body: RefundBody, quoted: Quoted) -> QuoteAnswer:
    settlement = quoted.settlement
    return QuoteAnswer(
        order_id=body.order_id,
        reason=body.reason,
        kind=body.kind,
        policy_version=quoted.policy_version,
        lines=[_line(claim) for claim in settlement.claims],
        payouts=_planned(settlement),
        effects=_effects(settlement),
        **_figures(settlement),
    )


async def refund_answer(connection: AsyncConnection, refund: Row[Any]) -> RefundAnswer:
    settlement = from_json(Settlement, refund.settlement or refund.quote)
    claimed = (await claims.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    paid = (await payouts.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    happened = await journal.timeline(connection, refund.refund_id)
    is_refused = RefundStatus(refund.status).is_final and refund.status != RefundStatus.COMPLETED
    return RefundAnswer.model_validate(
        {
            "refund_id": refund.refund_id,
            "order_id": refund.order_id,
            "customer_id": refund.customer_id,
            "status": refund.status,
            "reason": refund.reason,
            "kind": refund.kind,
            "policy_version": refund.policy_version,
            "note": refund.note,
            "evidence": refund.evidence,
            "lines": [_stored_line(row) for row in claimed],
            "payouts": [shown for row in paid for shown in _payouts(row)],
            "effects": _no_effects(settlement) if is_refused else _effects(settlement),
            "return": refund.goods_return,
            "review": refund.review,
            "risk": refund.risk,
            "needs_attention": refund.needs_attention,
            "timeline": [TimelineAnswer(at=row.at, event=row.event, message=row.message) for row in happened],
            "created_at": refund.created_at,
            "completed_at": refund.completed_at,
            "feedback": refund.feedback,
            **_figures(settlement),
        }
    )


def refund_summary(refund: Row[Any]) -> RefundSummary:
    settlement = from_json(Settlement, refund.settlement or refund.quote)
    return RefundSummary(
        refund_id=refund.refund_id,
        order_id=refund.order_id,
        customer_id=refund.customer_id,
        status=refund.status,
        reason=refund.reason,
        kind=refund.kind,
        currency=refund.currency,
        total=settlement.total.minor_units,
        needs_attention=refund.needs_attention,
        created_at=refund.created_at,
        completed_at=refund.completed_at,
    )


def _figures(settlement: Settlement) -> dict[str, Any]:
    return {
        "currency": settlement.total.currency,
        "shipping": settlement.shipping.minor_units,
        "fees": [],
        "deductions": [
            DeductionAnswer(
                kind=each.kind, id=each.source_id, amount=each.amount.minor_units, owed=each.owed.minor_units
            )
            for each in settlement.deductions
        ],
        "total": settlement.total.minor_units,
    }


def _line(claim: Claim) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=claim.line_id,
        quantity=claim.units.count,
        amount=claim.amount.minor_units,
        tax=claim.tax.minor_units,
        points_restored=claim.points,
    )


def _stored_line(row: Row[Any]) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=row.line_id, quantity=row.unit_count, amount=row.amount, tax=row.tax, points_restored=row.points
    )


def _effects(settlement: Settlement) -> EffectsAnswer:
    return EffectsAnswer(
        points_restored=settlement.points.restored,
        points_clawed_back=settlement.points.clawed_back,
        coupons=[CouponEffectAnswer(coupon_id=each.coupon_id, outcome=each.outcome) for each in settlement.coupons],
        campaigns=[
            CampaignEffectAnswer(
                campaign_id=each.campaign_id,
                spend_before=each.spend_before.minor_units,
                spend_after=each.spend_after.minor_units,
                qualified_before=each.qualified_before,
                qualified_after=each.qualified_after,
                participation_restored=each.participation_restored,
                reward_clawed_back=each.reward_clawed_back,
            )
            for each in settlement.campaigns
        ],
    )


def _no_effects(settlement: Settlement) -> EffectsAnswer:
    """A refund that was refused gave nothing back and took nothing."""
    kept = [CouponEffectAnswer(coupon_id=each.coupon_id, outcome=CouponOutcome.KEPT) for each in settlement.coupons]
    return EffectsAnswer(points_restored=0, points_clawed_back=0, coupons=kept, campaigns=[])


def _planned(settlement: Settlement) -> list[PayoutAnswer]:
    return [
        PayoutAnswer(
            payment_id=each.payment.payment_id,
            method=each.payment.method,
            amount=each.amount.minor_units,
            status="planned",
        )
        for each in settlement.payouts
    ]


def _payouts(row: Row[Any]) -> list[PayoutAnswer]:
    """A declined payment that was made good with store credit shows both: the no and the yes."""
    is_replaced = row.decline_code is not None and row.status == PayoutStatus.SUCCEEDED and row.paid_by != "gateway"
    yes = PayoutAnswer(
        payment_id=row.payment_id,
        method=PaymentMethod.STORE_CREDIT if row.paid_by == "store_credit" else row.method,
        amount=row.amount,
        status=_SHOWN[PayoutStatus(row.status)],
        gateway_ref=row.gateway_ref,
        decline_code=None if is_replaced else row.decline_code,
    )
    no = yes.model_copy(update={"method": row.method, "status": "failed", "decline_code": row.decline_code})
    return [no, yes] if is_replaced else [yes]


_SHOWN: Any = {
    PayoutStatus.PLANNED: "planned",
    PayoutStatus.REQUESTED: "pending",
    PayoutStatus.PENDING: "pending",
    PayoutStatus.SUCCEEDED: "succeeded",
    PayoutStatus.DECLINED: "failed",
}
