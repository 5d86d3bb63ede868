"""What a refund pays for goods where promotions are recalculated on what the customer keeps (rule 7)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from domain.claims import Claim
from domain.money import Money
from domain.orders import Discount, DiscountTarget
from domain.policy import PromotionRefund
from domain.positions import OrderPosition
from domain.sales import SoldLine
from domain.units import Units


def priced(position: OrderPosition, claims: tuple[Claim, ...], policy: PromotionRefund) -> tuple[Claim, ...]:
    """Return the claims with what the policy pays for them.

    `prorate` pays for each unit what was paid for it. `reprice` pays what of the goods' price has not gone back yet
    less what the kept goods would have cost had only they been bought, never below zero. The return that completes
    the order takes the rest under both, whatever earlier refunds were paid under.
    """
    plain = Money.total((claim.amount for claim in claims), position.sale.currency)
    due = _due(position, claims, plain, policy)
    return claims if due == plain else _paid_at(position, claims, plain, due)


def cost_of_kept(position: OrderPosition, claims: Sequence[Claim]) -> Money:
    """Return what the goods that stay with the customer would have cost had only they been bought.

    A discount whose `minimum_spend` they still reach stays on them, whole or at its `rate_bp`; one without is
    pro-rated.
    """
    kept = [(line, position.line_after(line.line_id, claims).unclaimed_units) for line in position.sale.lines]
    left = {line.line_id: line.gross_of(units) for line, units in kept}
    frozen = _frozen_shares(kept)
    for place, discount in enumerate(position.order.discounts):
        if discount.target is DiscountTarget.SHIPPING:
            continue
        if discount.minimum_spend is None:
            shares = frozen.get(place, {})
        else:
            shares = _if_still_reached(discount, discount.minimum_spend, left, position.order.covered_by(discount))
        for line_id, share in shares.items():
            left[line_id] = left[line_id] - share.at_most(left[line_id])
    return Money.total(left.values(), position.sale.currency)


def _due(position: OrderPosition, claims: tuple[Claim, ...], plain: Money, policy: PromotionRefund) -> Money:
    returns_units = any(not claim.is_adjustment for claim in claims)
    if returns_units and position.is_fully_returned(claims):
        kept = [position.line_after(line.line_id, claims).worth for line in position.sale.lines]
        return (position.goods_left - Money.total(kept, plain.currency)).not_below_zero()
    if returns_units and policy is PromotionRefund.REPRICE:
        adjusted = [position.line_after(line.line_id, claims).open_adjustments for line in position.sale.lines]
        worth = cost_of_kept(position, claims) - Money.total(adjusted, plain.currency)
        return (position.goods_left - worth).not_below_zero().at_most(position.goods_left)
    return plain.at_most(position.goods_left)


def _frozen_shares(kept: Sequence[tuple[SoldLine, Units]]) -> dict[int, dict[str, Money]]:
    """What each discount, by its place, takes off the kept units of each line as they were sold."""
    shares: dict[int, dict[str, Money]] = defaultdict(dict)
    for line, units in kept:
        for share in line.shares_of(units):
            shares[share.discount][line.line_id] = share.amount
    return shares


def _if_still_reached(
    discount: Discount, minimum_spend: Money, left: dict[str, Money], covered: tuple[str, ...]
) -> dict[str, Money]:
    weights = [left[line_id].minor_units for line_id in covered]
    basis = discount.amount.like(sum(weights))
    if not basis or not basis.reaches(minimum_spend):
        return {}
    amount = discount.amount if discount.rate_bp is None else basis.basis_points(discount.rate_bp)
    amount = amount.at_most(discount.amount).at_most(basis)
    return dict(zip(covered, amount.allocate(weights), strict=True))


def _paid_at(position: OrderPosition, claims: tuple[Claim, ...], plain: Money, due: Money) -> tuple[Claim, ...]:
    """Share what is due out over the claims by what they would pay by themselves, and their tax with it."""
    amounts = due.allocate([claim.amount.minor_units for claim in claims])
    tax = _tax(position, claims, plain, due)
    taxes = tax.allocate([claim.tax.minor_units for claim in claims])
    return tuple(
        replace(claim, amount=amount, tax=part) for claim, amount, part in zip(claims, amounts, taxes, strict=True)
    )


def _tax(position: OrderPosition, claims: tuple[Claim, ...], plain: Money, due: Money) -> Money:
    """The tax inside what is due, in proportion; whoever completes the order takes the rest of it."""
    if position.is_fully_returned(claims):
        return position.goods_tax_left - _tax_of_kept(position, claims)
    tax = Money.total((claim.tax for claim in claims), plain.currency)
    return tax.portion(due, plain).at_most(position.goods_tax_left).at_most(due)


def _tax_of_kept(position: OrderPosition, claims: tuple[Claim, ...]) -> Money:
    def tax_of(line: SoldLine) -> Money:
        return line.tax_of(position.line_after(line.line_id, claims).unclaimed_units)

    return Money.total((tax_of(line) for line in position.sale.lines), position.sale.currency)
