"""Policies with every field varied, and customers with campaigns, rewards and grants, read from a tape."""

from dataclasses import replace
from datetime import timedelta

from domain.campaigns.campaigns import Campaign, CampaignKind, GrantedReward, Purchase
from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.entitlements.elsewhere import LivesElsewhere
from domain.entitlements.grants import Grant
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import (
    AlertLimit,
    ApprovalFromTemporal,
    AutoApprove,
    AutoApprovePerCustomer,
    CouponExpiry,
    CouponOnPartial,
    DeclinedTender,
    EarnedPoints,
    LineKindRefund,
    Monitoring,
    OutsideWindow,
    PointsShortfall,
    PointValue,
    Policy,
    PolicyAmount,
    PromotionRefund,
    RefundLimit,
    Retention,
    ReviewTimeout,
    ShippingRefund,
    TakeBack,
    TenderOrder,
    Tier,
)
from domain.rights.review_table import Condition, Fact, TableRow, Then
from domain.sale.orders import LineKind, Order, OrderReward, RewardKind
from tests.domain.builders import on
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_limited_campaign, a_purchase, a_reward
from tests.domain.refund_desk import NOW
from tests.domain.shoppers import Shopper
from tests.domain.tapes import Tape

P30D, P1Y = IsoDuration("P30D"), IsoDuration("P1Y")


def read_policy(tape: Tape) -> Policy:
    return Policy(
        promotion_refund=tape.pick(list(PromotionRefund)),
        shipping_refund={reason: tape.pick(list(ShippingRefund)) for reason in Reason},
        line_kind_refund={kind: tape.pick(list(LineKindRefund)) for kind in LineKind if not kind.is_unit},
        restocking_fee_bp=tape.pick([0, 1, 999, 1_500, 10_000]),
        return_shipping_fee=tape.pick(list[PolicyAmount]([0, 1, 800, 90_000, {"CNY": 800}])),
        tender_order=tape.pick(list(TenderOrder)),
        declined_tender=tape.pick(list(DeclinedTender)),
        coupon_expiry=tape.pick(list(CouponExpiry)),
        coupon_on_partial=tape.pick(list(CouponOnPartial)),
        granted_coupon_used=tape.pick(list(TakeBack)),
        earned_points=tape.pick(list(EarnedPoints)),
        points_shortfall=tape.pick(list(PointsShortfall)),
        point_value=tape.pick(list[PointValue]([1, 0, 3, {"CNY": 2}, "0.5", {"CNY": "2.75", "JPY": "0.005"}])),
        overpaid_at_most=tape.pick(list[PolicyAmount]([100, 0, {"CNY": 5}])),
        missing_gift=tape.pick(list(TakeBack)),
        tiers=tuple(Tier(f"tier {place}", _amount(tape)) for place in range(tape.up_to(3))),
        tier_window=_duration(tape),
        tier_grace=_duration(tape),
        return_window=_duration(tape),
        outside_window=tape.pick(list(OutsideWindow)),
        review_sla=_duration(tape),
        review_timeout=tape.pick(list(ReviewTimeout)),
        response_target=_duration(tape),
        return_deadline=_duration(tape),
        inspection_sla=_duration(tape),
        pickup_within=_duration(tape),
        auto_approve=AutoApprove(tuple(each for each in Reason if tape.is_one_in(2)), _amount(tape), tape.up_to(100)),
        auto_approve_per_customer=AutoApprovePerCustomer(
            tape.pick(list[PolicyAmount | None]([None, 0, 500_00, {"CNY": 500_00}])), _duration(tape)
        ),
        returnless_below=_amount(tape),
        refund_limit=RefundLimit(tape.up_to(5), _duration(tape)),
        suspension=_duration(tape),
        time_zone=tape.pick(["UTC", "Asia/Shanghai", "America/St_Johns"]),
        country=tape.pick([None, "CN", "DE"]),
        refund_to_allowed=tape.pick([(RefundTo.STORE_CREDIT,), (), (RefundTo.STORE_CREDIT, RefundTo.BANK_TRANSFER)]),
        store_credit_bonus_bp=tape.pick([0, 1_000, 333]),
        approval_from_temporal=ApprovalFromTemporal(tape.is_one_in(2), _amount(tape)),
        bulk_grace=_duration(tape),
        entitlements_elsewhere=dict.fromkeys(_ELSEWHERE, "loyalty") if tape.is_one_in(4) else {},
        second_review_above=_amount(tape) if tape.is_one_in(2) else None,
        review_limits={"reviewer": _amount(tape)} if tape.is_one_in(2) else {},
        retention=Retention(
            *(tape.pick([None, P1Y]), tape.pick([None, P30D]), tape.pick([P30D, P1Y])),
            *(tape.pick([None, P1Y]), tape.pick([None, P1Y])),
        ),
        monitoring=Monitoring(many_of_customer=AlertLimit(tape.pick([None, 1, 5]), P30D)),
        review_table=tuple(_row(tape, number) for number in range(tape.up_to(2))),
    )


def _row(tape: Tape, number: int) -> TableRow:
    fact = tape.pick(list(Fact))
    words = Condition(one_of=tuple(fact.words or ("CNY", "too_small"))[: 1 + tape.up_to(1)])
    condition = words if fact.is_word else Condition(at_least=tape.up_to(100), at_most=tape.pick([None, 70, 100_00]))
    return TableRow(f"row {number}", tape.pick(list(Then)), {fact: condition})


_ELSEWHERE = LivesElsewhere.POINTS, LivesElsewhere.STOCK, LivesElsewhere.PROMOTIONS


def _amount(tape: Tape) -> PolicyAmount:
    """One number for every currency, or a map that may lack the order's."""
    amount = tape.price()
    return tape.pick(list[PolicyAmount]([amount, amount, {"CNY": amount}, {"JPY": amount, "KWD": 2 * amount}]))


def _duration(tape: Tape) -> IsoDuration:
    return IsoDuration(tape.pick(["P0D", "PT2S", "PT72H", "P7D", "P30D", "P1Y", "P1M"]))


def read_shopper(tape: Tape, order: Order) -> Shopper:
    """A customer with purchases and rewards in this and another currency; rewards may be spent already.

    What the order granted belongs to all of its goods or to some of its lines.
    """
    currency = order.currency
    offers = [a_first_purchase_offer(), a_limited_campaign(limit=tape.up_to(2))]
    campaigns = [_varied(tape, each) for each in (*offers, *_spend_campaigns(tape))]
    return Shopper(
        campaigns=campaigns,
        rewards=[
            _reward(tape, campaign, number, currency)
            for campaign in campaigns
            if campaign.kind is CampaignKind.SPEND_THRESHOLD
            for number in range(tape.up_to(2))
        ],
        other_purchases=tape.several(2, lambda tape: _purchase(tape, currency)),
        points=tape.up_to(5_500) - 500,
        store_credit=tape.price(),
        restricted_until=tape.pick([None, NOW, NOW + timedelta(seconds=1)]),
        grants=[_grant(tape, f"granted-{place}", order) for place in range(tape.up_to(3))],
        used_elsewhere=[name for name in ("cpn-1", "exclusive-1") if tape.is_one_in(4)],
        counting_uses=["cpn-1"] if tape.is_one_in(4) else [],
        credit_of_others={"friend": tape.price()},
        points_ran_out=[lot.points * tape.percent() // 100 for lot in order.earned_lots] if tape.is_one_in(3) else [],
    )


def _spend_campaigns(tape: Tape) -> list[Campaign]:
    return [
        replace(a_campaign(threshold=tape.price(), campaign_id=name), repeat=tape.is_one_in(2))
        for name in ["spring", "autumn"][: tape.up_to(2)]
    ]


def _varied(tape: Tape, campaign: Campaign) -> Campaign:
    return replace(campaign, high_value=tape.is_one_in(3), restore_on_refund=not tape.is_one_in(4))


def _reward(tape: Tape, campaign: Campaign, number: int, currency: str) -> GrantedReward:
    return a_reward(
        _money(tape, currency),
        kind=tape.pick(list(RewardKind)),
        spent=tape.is_one_in(2),
        reward_id=number,
        campaign_id=campaign.campaign_id,
    )


def _purchase(tape: Tape, currency: str) -> Purchase:
    bought = a_purchase(_money(tape, currency), paid_at=on(1 + tape.up_to(29)), returned=tape.is_one_in(3))
    return replace(bought, campaign_ids=("limited",) if tape.is_one_in(2) else ())


def _grant(tape: Tape, name: str, order: Order) -> Grant:
    kind = tape.pick([RewardKind.COUPON, RewardKind.STORE_CREDIT])
    is_used = kind is RewardKind.COUPON and tape.is_one_in(2)
    lines = tuple(line.line_id for line in order.lines if line.is_unit and tape.is_one_in(3))
    grant = Grant(name, kind, Money(order.currency, tape.price()), is_used, lines)
    if kind is RewardKind.STORE_CREDIT and tape.is_one_in(3):
        grant = replace(
            grant, expires_at=on(9), ran_out=grant.value.like(grant.value.minor_units * tape.percent() // 100)
        )
    return replace(grant, customer_id="friend") if tape.is_one_in(3) else grant


def rewards_of(shopper: Shopper) -> tuple[OrderReward, ...]:
    """What the order says that it granted."""
    return tuple(
        OrderReward(
            grant.kind,
            grant.name if grant.is_coupon else None,
            grant.value,
            tuple(grant.line_ids),
            grant.customer_id,
            grant.expires_at,
        )
        for grant in shopper.grants
    )


def _money(tape: Tape, currency: str) -> Money:
    return Money(tape.pick([currency, currency, "EUR"]), tape.price())
