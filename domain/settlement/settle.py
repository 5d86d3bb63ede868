"""What one refund comes to and gives back: the one function behind the quote and behind the refund.

The quote calls `settle` with the claims a request would make, the refund calls it again with the units that were
accepted. Nothing here has a side effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.campaigns.campaign_effects import CustomerPosition, recalculate
from domain.campaigns.campaigns import CampaignEffect, GoodsRefund, RewardTakeBack
from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import all_merchants_fault
from domain.entitlements.coupons import coupon_effect
from domain.entitlements.elsewhere import Home, LivesElsewhere, homes
from domain.entitlements.exclusive_discounts import exclusive_effects
from domain.entitlements.gifts import GiftEffect, gift_effects
from domain.entitlements.grants import GrantEffect, missing_grants, returned_deductions, take_grants_back
from domain.entitlements.points import PointsEffect, points_effect
from domain.entitlements.tiers import TierEffect, tier_effect
from domain.explain.explaining import Grounds, explain
from domain.money.amounts import Money
from domain.money.point_worth import PointWorth
from domain.payout.choice import RefundTo
from domain.payout.limits import barred
from domain.payout.owed import Lessened, PaymentPart
from domain.payout.tenders import Tender, convert, spread, with_interest
from domain.policy import Policy
from domain.settlement.bonus import bonus_on, bonus_rate_bp, credited
from domain.settlement.deductions import NOT_A_RECEIVERS, Deduction, DeductionKind, Missing, deduct
from domain.settlement.external import fit, let_go, spread_external
from domain.settlement.extras import extras_back
from domain.settlement.fees import FeeTerms, fees
from domain.settlement.owed import interest_back, lessen, lines_at_fault, overpaid_back
from domain.settlement.repricing import priced
from domain.settlement.settlement import SettledEntitlements, Settlement, Terms
from domain.settlement.shipping import shipping_back
from domain.settlement.worth import Worth


def settle(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    entitlements: SettledEntitlements,
) -> Settlement:
    """Work out and explain one refund of `position`, which does not contain that refund itself."""
    worth = _worth(position, claims, terms, policy)
    settlement = _settled(position, worth, terms, policy, customer, entitlements)
    fee_terms = _fee_terms(policy, terms, worth.claims, position.sale.currency)
    grounds = Grounds(position, terms, policy, worth.shipping_back, fee_terms)
    return replace(settlement, explanations=explain(settlement, grounds))


def work_out(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    entitlements: SettledEntitlements,
) -> Settlement:
    """Work out one refund without its explanations."""
    return _settled(position, _worth(position, claims, terms, policy), terms, policy, customer, entitlements)


def _settled(
    position: OrderPosition,
    worth: Worth,
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    entitlements: SettledEntitlements,
) -> Settlement:
    effects = _effects(position, worth, terms, policy, customer, entitlements)
    point_value = policy.point_value_in(position.sale.currency)
    missing = _missing(effects, point_value)
    pay = _paid if terms.external is None else _moved
    paid = pay(position, worth, effects, missing, terms)
    payouts = _payouts(position, paid, terms, policy)
    return Settlement(
        claims=worth.claims,
        shipping=worth.shipping,
        shipping_tax=worth.shipping_tax,
        fees=worth.fees,
        deductions=paid.deductions,
        total=paid.total,
        payouts=payouts,
        points=effects.points,
        coupons=tuple(
            coupon_effect(coupon, position, worth.claims, policy.coupon_on_partial) for coupon in entitlements.coupons
        ),
        grants=effects.grants,
        campaigns=effects.campaigns,
        take_backs=effects.take_backs,
        exclusive_discounts=exclusive_effects(
            position, worth.claims, entitlements.exclusive_discounts, entitlements.discounts_used_elsewhere
        ),
        gifts=effects.gifts,
        tier=effects.tier,
        completes_order=effects.completes_order,
        deductions_returned=paid.returned,
        extras=worth.extras,
        shipping_points=worth.shipping_points,
        lessened=paid.lessened,
        interest=paid.interest,
        overpaid=paid.overpaid or None,
        paid_after_all=paid.after_all or None,
        at_fault=paid.at_fault,
        shipping_parts=worth.shipping_parts,
        credit_bonus=bonus_on(credited(payouts, paid.total.currency), bonus_rate_bp(terms, policy)),
        elsewhere=_elsewhere(terms, policy),
    )


def _elsewhere(terms: Terms, policy: Policy) -> tuple[Home, ...]:
    """Where no goods come back, nothing is said to a merchant's stock."""
    found = homes(policy.entitlements_elsewhere)
    return found if terms.goods_come_back else tuple(each for each in found if each.kind is not LivesElsewhere.STOCK)


@dataclass(frozen=True, slots=True)
class _Effects:
    """What follows the money, and may be missing: it is deducted in the order in which the wallet gives it."""

    completes_order: bool
    points: PointsEffect
    campaigns: tuple[CampaignEffect, ...]
    take_backs: tuple[RewardTakeBack, ...]
    grants: tuple[GrantEffect, ...]
    gifts: tuple[GiftEffect, ...]
    tier: TierEffect | None


def _effects(
    position: OrderPosition,
    worth: Worth,
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    entitlements: SettledEntitlements,
) -> _Effects:
    claims, goods, order_id = worth.claims, worth.goods, position.order.order_id
    completes_order = position.is_fully_returned(claims)
    points = points_effect(
        position,
        claims,
        policy.earned_points,
        policy.points_shortfall_in(goods.currency),
        customer.wallet.points,
        entitlements.points_ran_out,
        spent_beside=worth.points_beside,
    )
    after = customer.after_refund(order_id, GoodsRefund(terms.at, goods), is_returned=completes_order)
    with_points = replace(customer, wallet=customer.wallet.with_points(points.net))
    point_value = policy.point_value_in(goods.currency)
    campaigns, take_backs, wallet = recalculate(with_points, after, order_id, point_value, terms.at)
    grants, _ = take_grants_back(
        position,
        claims,
        entitlements.grants,
        store_credit=wallet.store_credit,
        policy=policy.granted_coupon_used,
        credit_of_others=dict(entitlements.credit_of_others),
    )
    gifts = gift_effects(position, claims, policy.missing_gift)
    tier = tier_effect(policy, customer.purchases, after, customer.for_tier, goods.currency, terms.at)
    return _Effects(completes_order, points, campaigns, take_backs, grants, gifts, tier)


def _missing(effects: _Effects, point_value: PointWorth) -> list[Missing]:
    """What was granted or given and is not there any more, in the order in which it is deducted (rule 10)."""
    points = Missing(DeductionKind.POINTS_SHORTFALL, "", point_value.of(effects.points.deducted))
    gifts = (Missing(DeductionKind.MISSING_GIFT, each.line_id, each.value) for each in effects.gifts)
    rewards = (
        Missing(DeductionKind.CAMPAIGN_REWARD, each.reward.campaign_id, each.missing) for each in effects.take_backs
    )
    return [*rewards, *missing_grants(effects.grants), points, *gifts]


@dataclass(frozen=True, slots=True)
class _Paid:
    """What is paid: `total`, and all that was added to what the units are worth, or taken off it."""

    total: Money
    deductions: tuple[Deduction, ...]
    returned: tuple[Deduction, ...]
    overpaid: Money
    interest: tuple[PaymentPart, ...] = ()
    at_fault: tuple[str, ...] = ()
    lessened: Lessened | None = None
    after_all: Money | None = None


def _paid(position: OrderPosition, worth: Worth, effects: _Effects, missing: Sequence[Missing], terms: Terms) -> _Paid:
    """What is missing is taken off what comes back, and what is left lessens first what was not paid yet.

    What a giver has spent is not taken off what the receiver of the gift gets: the giver owes it (rule 56).
    """
    at_fault = lines_at_fault(position, worth.claims, terms)
    interest = interest_back(position, worth.claims, at_fault) if at_fault or terms.paid_less else ()
    overpaid = overpaid_back(position, completes_order=effects.completes_order)
    returned, owed = returned_deductions(effects.grants), frozenset[DeductionKind]()
    if terms.beneficiary is not None:
        returned, owed = let_go(returned), NOT_A_RECEIVERS
    beside = [*(each.amount for each in interest), *(each.amount for each in returned)]
    after_all = position.paid_after_all if terms.paid_after_all else overpaid.like(0)
    due = worth.less_fees + overpaid + after_all + Money.total(beside, overpaid.currency)
    deductions, comes_to = deduct(due, missing, owed)
    lessened = lessen(comes_to, position)
    total = comes_to - lessened.total if lessened else comes_to
    return _Paid(total, deductions, returned, overpaid, interest, at_fault, lessened, after_all)


def _moved(position: OrderPosition, worth: Worth, effects: _Effects, missing: Sequence[Missing], terms: Terms) -> _Paid:
    """Nothing can be taken off what moved elsewhere: what is missing is owed, and what was deducted is owed less.

    Lines that it brought interest back for have had their share of it.
    """
    assert terms.external is not None
    interest = terms.external.interest
    at_fault = lines_at_fault(position, worth.claims, terms) if interest else ()
    total = worth.less_fees + worth.overpaid
    total += Money.total((each.amount for each in interest), total.currency)
    owed, _ = deduct(total.like(0), missing)
    return _Paid(total, owed, let_go(returned_deductions(effects.grants)), worth.overpaid, interest, at_fault)


def _worth(position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy) -> Worth:
    """What the claims are worth with what comes back beside them, and the fees; or what money that moved was for."""
    if terms.external is not None:
        return fit(position, claims, terms, policy)
    claims = priced(position, claims, policy.promotion_refund)
    parts = shipping_back(position, claims, terms, policy)
    extras = extras_back(position, claims, terms, policy)
    currency = position.sale.currency
    shipping = Money.total((each.amount for each in parts), currency)
    tax = Money.total((each.tax for each in parts), currency)
    due = shipping + Money.total((each.amount for each in claims), currency)
    due += Money.total((each.amount for each in extras), currency)
    charged = fees(_fee_terms(policy, terms, claims, currency), terms.chargeable(claims), terms.lesser, due)
    points = sum(each.points for each in parts)
    return Worth(claims, extras, shipping, tax, charged, shipping.like(0), points, parts)


def _payouts(position: OrderPosition, paid: _Paid, terms: Terms, policy: Policy) -> tuple[Tender, ...]:
    if terms.external is not None:
        tenders = spread_external(position, terms.external, policy.tender_order)
    else:
        tenders = spread(paid.total, with_interest(position.payments_left, paid.interest), policy.tender_order)
    converted = [convert(tender, position.paid_before(tender.payment)) for tender in tenders]
    is_given = terms.beneficiary is not None
    sent = (tender.given() if is_given else tender.sent(terms.refund_to) for tender in converted)
    return tuple(_judged(tender, position, terms, policy) for tender in sent)


def _judged(tender: Tender, position: OrderPosition, terms: Terms, policy: Policy) -> Tender:
    """Say of a share that is to go back by its provider whether that pays it back; what has moved needs no yes."""
    if not terms.at_providers or tender.goes_to is not RefundTo.ORIGINAL or terms.external is not None:
        return tender
    paid_at, instead = position.order.paid_at, policy.declined_tender
    return replace(tender, barred=barred(terms.at_providers, tender.payment.payment_id, paid_at, terms.at, instead))


def _fee_terms(policy: Policy, terms: Terms, claims: tuple[Claim, ...], currency: str) -> FeeTerms:
    """Fees are for goods that come back for a change of mind; none exceeds what was quoted (rule 9).

    A parcel with anything in it that the merchant is to blame for has no fee for its way back, also where the
    inspection refuses just that: there was none in the quote.
    """
    if not terms.goods_come_back or all_merchants_fault(terms.reasons_of(claims)):
        return FeeTerms()
    now = FeeTerms.of(policy, currency)
    if terms.agreed_fees is not None:
        now = now.at_most(terms.agreed_fees)
    sent = [claim for claim in claims if not claim.is_adjustment or not claim.amount]
    is_customers = not any(reason.is_merchants_fault for reason in terms.reasons_of(sent))
    return now if is_customers else replace(now, return_shipping_fee=0)
