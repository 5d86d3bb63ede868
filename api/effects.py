"""Showing what a settlement does beside the money."""

from collections.abc import Sequence
from dataclasses import asdict

from api.schemas.effects import (
    CampaignEffectAnswer,
    CouponEffectAnswer,
    EffectsAnswer,
    ExclusiveEffectAnswer,
    GiftEffectAnswer,
    TierEffectAnswer,
)
from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.gifts import GiftEffect
from domain.sale.measures import as_said
from domain.settlement.settlement import Settlement


def effects_answer(settlement: Settlement, gifts: Sequence[GiftEffectAnswer]) -> EffectsAnswer:
    """Show every effect, of gifts these; a new coupon has its name once it is given."""
    return EffectsAnswer(
        points_restored=settlement.points.restored,
        points_clawed_back=settlement.points.clawed_back - settlement.points.forgiven,
        points_deducted=settlement.points.deducted,
        points_forgiven=settlement.points.forgiven,
        coupons=[_coupon(each) for each in (*settlement.coupons, *settlement.granted_coupons)],
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
        gifts=list(gifts),
        tier=TierEffectAnswer.model_validate(asdict(settlement.tier)) if settlement.tier else None,
    )


def gift_effect(effect: GiftEffect) -> GiftEffectAnswer:
    return GiftEffectAnswer(
        line_id=effect.line_id,
        quantity=as_said(effect.units.count, effect.measure),
        outcome=effect.outcome,
        amount=effect.value.minor_units,
    )


def _coupon(effect: CouponEffect) -> CouponEffectAnswer:
    return CouponEffectAnswer(
        coupon_id=effect.coupon_id,
        outcome=effect.outcome,
        amount=effect.amount.minor_units,
        residual_coupon_id=effect.issued_id or None,
    )


def no_effects(settlement: Settlement) -> EffectsAnswer:
    """A refund that was refused gave nothing back and took nothing."""
    nothing = settlement.total.like(0)
    kept = [CouponEffect(each.coupon_id, CouponOutcome.KEPT, nothing) for each in settlement.coupons]
    return NO_EFFECTS.model_copy(update={"coupons": [_coupon(each) for each in kept]})


NO_EFFECTS = EffectsAnswer(
    points_restored=0,
    points_clawed_back=0,
    points_deducted=0,
    points_forgiven=0,
    coupons=[],
    campaigns=[],
    exclusive_discounts=[],
    gifts=[],
    tier=None,
)
