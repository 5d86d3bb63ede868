"""What one refund comes to and gives back: the one function behind the quote and behind the refund.

The quote calls `settle` with the claims a request would make, the refund calls it again with the units that were
accepted. Nothing here has a side effect.
"""

from dataclasses import replace

from domain.campaigns.campaign_effects import CustomerPosition, recalculate
from domain.campaigns.campaigns import GoodsRefund
from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import all_merchants_fault
from domain.entitlements.coupons import coupon_effect
from domain.entitlements.exclusive_discounts import exclusive_effects
from domain.entitlements.gifts import gift_effects
from domain.entitlements.grants import missing_grants, returned_deductions, take_grants_back
from domain.entitlements.points import points_effect
from domain.entitlements.tiers import tier_effect
from domain.explain.explaining import Grounds, explain
from domain.money.amounts import Money
from domain.payout.owed import PaymentPart
from domain.payout.tenders import Tender, spread, with_interest
from domain.policy import Policy
from domain.settlement.deductions import DeductionKind, Missing, deduct
from domain.settlement.external import Fitted, fit, let_go, spread_external
from domain.settlement.extras import extras_back
from domain.settlement.fees import FeeTerms, fees
from domain.settlement.owed import interest_back, lessen, lines_at_fault, overpaid_back
from domain.settlement.repricing import priced
from domain.settlement.settlement import SettledEntitlements, Settlement, Terms
from domain.settlement.shipping import is_parted, shipping_back


def settle(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    entitlements: SettledEntitlements,
) -> Settlement:
    """Work out and explain one refund of `position`, which does not contain that refund itself."""
    settlement = work_out(position, claims, terms, policy, customer, entitlements)
    shipping = shipping_back(position, settlement.claims, terms, policy)
    grounds = Grounds(
        position, terms, policy, shipping, _fee_terms(policy, terms, settlement.claims, position.sale.currency)
    )
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
    worth = _worth(position, claims, terms, policy)
    claims, extras = worth.claims, worth.extras
    completes_order = position.is_fully_returned(claims)
    goods = Money.total((claim.amount for claim in claims), position.sale.currency)
    points = points_effect(
        position,
        claims,
        policy.earned_points,
        policy.points_shortfall_in(goods.currency),
        customer.wallet.points,
        entitlements.points_ran_out,
        spent_beside=worth.shipping_points + sum(each.points for each in extras),
    )
    after = customer.after_refund(position.order.order_id, GoodsRefund(terms.at, goods), is_returned=completes_order)
    point_value = policy.point_value_in(goods.currency)
    campaigns, take_backs, wallet = recalculate(
        replace(customer, wallet=customer.wallet.with_points(points.net)),
        after,
        position.order.order_id,
        point_value,
        terms.at,
    )
    grants, _ = take_grants_back(
        position,
        claims,
        entitlements.grants,
        store_credit=wallet.store_credit,
        policy=policy.granted_coupon_used,
        credit_of_others=dict(entitlements.credit_of_others),
    )
    returned = returned_deductions(grants)
    gifts = gift_effects(position, claims, policy.missing_gift)
    at_fault = () if terms.external else lines_at_fault(position, claims, terms)
    interest = interest_back(position, claims, at_fault)
    overpaid = worth.overpaid if terms.external else overpaid_back(position, completes_order=completes_order)
    if terms.external is not None:
        returned = let_go(returned)
    due = goods + worth.shipping + overpaid + Money.total((each.amount for each in extras), goods.currency)
    due += Money.total((each.amount for each in interest), goods.currency)
    due -= Money.total((fee.amount for fee in worth.fees), goods.currency)
    due += Money.total((each.amount for each in returned), goods.currency)
    missing_points = Missing(DeductionKind.POINTS_SHORTFALL, "", point_value.of(points.deducted))
    missing_gifts = (Missing(DeductionKind.MISSING_GIFT, each.line_id, each.value) for each in gifts)
    missing_rewards = (
        Missing(DeductionKind.CAMPAIGN_REWARD, each.reward.campaign_id, each.missing) for each in take_backs
    )
    missing = [*missing_rewards, *missing_grants(grants), missing_points, *missing_gifts]
    deductions, comes_to = deduct(due, missing) if terms.external is None else (deduct(due.like(0), missing)[0], due)
    lessened = lessen(comes_to, position) if terms.external is None else None
    total = comes_to - lessened.total if lessened else comes_to
    return Settlement(
        claims=claims,
        shipping=worth.shipping,
        shipping_tax=worth.shipping_tax,
        fees=worth.fees,
        deductions=deductions,
        total=total,
        payouts=_payouts(position, total, interest, terms, policy),
        points=points,
        coupons=tuple(
            coupon_effect(coupon, position, claims, policy.coupon_on_partial) for coupon in entitlements.coupons
        ),
        grants=grants,
        campaigns=campaigns,
        take_backs=take_backs,
        exclusive_discounts=exclusive_effects(
            position, claims, entitlements.exclusive_discounts, entitlements.discounts_used_elsewhere
        ),
        gifts=gifts,
        tier=tier_effect(policy, customer.purchases, after, customer.for_tier, goods.currency, terms.at),
        completes_order=completes_order,
        deductions_returned=returned,
        extras=extras,
        shipping_points=worth.shipping_points,
        lessened=lessened,
        interest=interest,
        overpaid=overpaid or None,
        at_fault=at_fault,
        shipping_parts=worth.shipping_parts,
    )


def _worth(position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy) -> Fitted:
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
    told = parts if is_parted(parts) else ()
    return Fitted(claims, extras, shipping, tax, charged, shipping.like(0), points, told)


def _payouts(
    position: OrderPosition, total: Money, interest: tuple[PaymentPart, ...], terms: Terms, policy: Policy
) -> tuple[Tender, ...]:
    if terms.external is not None:
        return spread_external(position, terms.external, policy.tender_order)
    return spread(total, with_interest(position.payments_left, interest), policy.tender_order)


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
