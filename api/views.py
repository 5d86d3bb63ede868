"""Showing stored refunds and quotes the way the wire wants them."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.coupons import residual_id
from api.explaining import Explainer, explainer
from api.requests import Quoted
from api.schemas.refunds import (
    CampaignEffectAnswer,
    CouponEffectAnswer,
    DeductionAnswer,
    EffectsAnswer,
    ExclusiveEffectAnswer,
    FeeAnswer,
    GiftEffectAnswer,
    PayoutAnswer,
    QuoteAnswer,
    RefundAnswer,
    RefundBody,
    RefundLineAnswer,
    RefundSummary,
    TierEffectAnswer,
    TimelineAnswer,
)
from db import claims, journal, payouts
from db.codec import from_json
from db.payouts import PayoutStatus
from domain.claims import Claim
from domain.coupons import CouponEffect, CouponOutcome
from domain.explanations import Figure
from domain.messages import Catalogue
from domain.orders import PaymentMethod
from domain.reasons import RefundStatus
from domain.settlement import Settlement


async def quote_answer(
    connection: AsyncConnection, catalogue: Catalogue, merchant_id: str, body: RefundBody, quoted: Quoted
) -> QuoteAnswer:
    settlement, customer_id = quoted.settlement, quoted.position.order.customer_id
    explained = await explainer(connection, catalogue, merchant_id, customer_id, settlement)
    return QuoteAnswer(
        order_id=body.order_id,
        reason=body.reason,
        kind=body.kind,
        policy_version=quoted.policy_version,
        lines=[_line(claim, explained) for claim in settlement.claims],
        payouts=_planned(settlement),
        effects=_effects(settlement, ""),
        **_figures(settlement, explained),
    )


async def refund_answer(connection: AsyncConnection, catalogue: Catalogue, refund: Row[Any]) -> RefundAnswer:
    settlement = from_json(Settlement, refund.settlement or refund.quote)
    explained = await explainer(connection, catalogue, refund.merchant_id, refund.customer_id, settlement)
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
            "quoted_policy_version": refund.quoted_policy_version,
            "policy_version": refund.policy_version,
            "differs_from_quote": explained.difference(refund.differs),
            "note": refund.note,
            "evidence": refund.evidence,
            "lines": [_stored_line(row, explained) for row in claimed],
            "payouts": [shown for row in paid for shown in _payouts(row)],
            "effects": _no_effects(settlement) if is_refused else _effects(settlement, refund.refund_id),
            "return": refund.goods_return,
            "review": refund.review,
            "risk": refund.risk,
            "needs_attention": refund.needs_attention,
            "timeline": [TimelineAnswer(at=row.at, event=row.event, message=row.message) for row in happened],
            "created_at": refund.created_at,
            "completed_at": refund.completed_at,
            "feedback": refund.feedback,
            **_figures(settlement, explained),
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


def _figures(settlement: Settlement, explained: Explainer) -> dict[str, Any]:
    return {
        "currency": settlement.total.currency,
        "shipping": settlement.shipping.minor_units,
        "fees": [
            FeeAnswer(
                kind=fee.kind,
                amount=fee.amount.minor_units,
                at_most=fee.at_most.minor_units,
                explanation=explained.of(Figure.FEE, fee.kind),
            )
            for fee in settlement.fees
        ],
        "deductions": [
            DeductionAnswer(
                kind=each.kind,
                id=each.source_id,
                amount=each.amount.minor_units,
                owed=each.owed.minor_units,
                explanation=explained.of(Figure.DEDUCTION, f"{each.kind}/{each.source_id}"),
            )
            for each in settlement.deductions
        ],
        "total": settlement.total.minor_units,
        "explanations": explained.all(),
    }


def _line(claim: Claim, explained: Explainer) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=claim.line_id,
        quantity=claim.units.count,
        amount=claim.amount.minor_units,
        tax=claim.tax.minor_units,
        points_restored=claim.points,
        explanation=explained.of(Figure.LINE, claim.line_id),
    )


def _stored_line(row: Row[Any], explained: Explainer) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=row.line_id,
        quantity=row.unit_count,
        amount=row.amount,
        tax=row.tax,
        points_restored=row.points,
        explanation=explained.of(Figure.LINE, row.line_id),
    )


def _effects(settlement: Settlement, refund_id: str) -> EffectsAnswer:
    return EffectsAnswer(
        points_restored=settlement.points.restored,
        points_clawed_back=settlement.points.clawed_back - settlement.points.forgiven,
        points_deducted=settlement.points.deducted,
        points_forgiven=settlement.points.forgiven,
        coupons=[_coupon(each, refund_id) for each in (*settlement.coupons, *settlement.granted_coupons)],
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
        exclusive_discounts=[
            ExclusiveEffectAnswer(id=each.discount_id, outcome=each.outcome) for each in settlement.exclusive_discounts
        ],
        gifts=[
            GiftEffectAnswer(
                line_id=each.line_id,
                quantity=each.units.count,
                outcome=each.outcome,
                amount=each.value.minor_units,
            )
            for each in settlement.gifts
        ],
        tier=TierEffectAnswer.model_validate(asdict(settlement.tier)) if settlement.tier else None,
    )


def _coupon(effect: CouponEffect, refund_id: str) -> CouponEffectAnswer:
    is_residual = effect.outcome is CouponOutcome.RESIDUAL and bool(refund_id)
    return CouponEffectAnswer(
        coupon_id=effect.coupon_id,
        outcome=effect.outcome,
        amount=effect.amount.minor_units,
        residual_coupon_id=residual_id(effect.coupon_id, refund_id) if is_residual else None,
    )


def _no_effects(settlement: Settlement) -> EffectsAnswer:
    """A refund that was refused gave nothing back and took nothing."""
    nothing = settlement.total.like(0)
    kept = [CouponEffect(each.coupon_id, CouponOutcome.KEPT, nothing) for each in settlement.coupons]
    return EffectsAnswer(
        points_restored=0,
        points_clawed_back=0,
        points_deducted=0,
        points_forgiven=0,
        coupons=[_coupon(each, "") for each in kept],
        campaigns=[],
        exclusive_discounts=[],
        gifts=[],
        tier=None,
    )


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
