"""What a refund pays for goods where promotions are recalculated on what the customer keeps (rule 7)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from domain.claims.claims import Claim, LinePosition
from domain.claims.positions import OrderPosition
from domain.money.amounts import Money
from domain.policy import PromotionRefund
from domain.sale.orders import Discount, DiscountTarget


def priced(position: OrderPosition, claims: tuple[Claim, ...], policy: PromotionRefund) -> tuple[Claim, ...]:
    """Return the claims with what the policy pays for them (rule 7).

    `prorate` pays for each unit what was paid for it. `reprice` pays what of the goods' price has not gone back yet
    less what the kept goods would have cost had only they been bought, never below zero. The return that completes
    the order takes the rest under both, whatever earlier refunds were paid under. No unit pays more than it cost
    before discounts, and what is left to pay never exceeds what the kept units cost before discounts.
    """
    plain = Money.total((claim.amount for claim in claims), position.sale.currency)
    return paid_at(position, claims, _due(position, claims, plain, policy))


def paid_at(position: OrderPosition, claims: tuple[Claim, ...], due: Money) -> tuple[Claim, ...]:
    """Return the claims with what is `due` for all of them, and the tax inside it, shared out over them."""
    plain = Money.total((claim.amount for claim in claims), position.sale.currency)
    plain_tax = Money.total((claim.tax for claim in claims), plain.currency)
    tax = _tax(position, claims, plain_tax.portion(due, plain) if due != plain else plain_tax)
    return claims if (due, tax) == (plain, plain_tax) else _paid_at(position, claims, due, tax)


def cost_of_kept(position: OrderPosition, claims: Sequence[Claim]) -> Money:
    """Return what the goods that stay with the customer would have cost had only they been bought (rule 7).

    A discount whose `minimum_spend` they still reach stays on them, whole or at its `rate_bp`; one without is
    pro-rated. Gifts cost what was paid for them: what becomes of them is ruled elsewhere (rule 27).
    """
    kept = [position.line_after(line.line_id, claims) for line in position.sale.lines]
    left = {each.line.line_id: _gross(each) for each in kept}
    frozen = _frozen_shares(kept)
    on_extras = _taken_off_extras(position)
    for place, discount in enumerate(position.order.reductions):
        if discount.target is DiscountTarget.SHIPPING:
            continue
        if discount.minimum_spend is None:
            shares = frozen.get(place, {})
        else:
            covered = tuple(line_id for line_id in position.order.covered_by(discount) if line_id in left)
            on_goods = discount.amount - on_extras.get(place, discount.amount.like(0))
            shares = _if_still_reached(discount, on_goods, discount.minimum_spend, left, covered)
        for line_id, share in shares.items():
            left[line_id] = left[line_id] - share.at_most(left[line_id])
    costs = (_paid_for(each) if each.line.gift else left[each.line.line_id] for each in kept)
    return Money.total(costs, position.sale.currency)


def _due(position: OrderPosition, claims: tuple[Claim, ...], plain: Money, policy: PromotionRefund) -> Money:
    if all(claim.is_adjustment for claim in claims):
        return plain.at_most(position.goods_payable(claims))
    kept = [position.line_after(line.line_id, claims) for line in position.sale.lines]
    adjusted = Money.total((each.open_adjustments for each in kept), plain.currency)
    dearest = Money.total((_paid_for(each) if each.line.gift else _gross(each) for each in kept), plain.currency)
    least = (position.goods_left + adjusted - dearest).not_below_zero()
    if position.is_fully_returned(claims):
        return least
    due = plain
    if policy is PromotionRefund.REPRICE:
        due = position.goods_left + adjusted - cost_of_kept(position, claims)
    most = plain + Money.total((_discounted(position, claim) for claim in claims), plain.currency)
    return (due if due.exceeds(least) else least).at_most(most).at_most(position.goods_payable(claims))


def _paid_for(kept: LinePosition) -> Money:
    return kept.line.price_of(kept.unclaimed_units)


def _gross(kept: LinePosition) -> Money:
    return kept.line.gross_of(kept.unclaimed_units)


def _discounted(position: OrderPosition, claim: Claim) -> Money:
    """What discounts took off the goods of a claim."""
    line = position.sale.line(claim.line_id)
    return claim.amount.like(0) if line.gift else line.gross_of(claim.units) - line.price_of(claim.units)


def _frozen_shares(kept: Sequence[LinePosition]) -> dict[int, dict[str, Money]]:
    """What each discount, by its place, takes off the kept units of each line as they were sold."""
    shares: dict[int, dict[str, Money]] = defaultdict(dict)
    for each in kept:
        for share in each.line.shares_of(each.unclaimed_units):
            shares[share.discount][each.line.line_id] = share.amount
    return shares


def _taken_off_extras(position: OrderPosition) -> dict[int, Money]:
    """What each discount, by its place, took off lines that are no units: it stays there."""
    taken: dict[int, Money] = {}
    for share in (share for extra in position.sale.extras for share in extra.discount_shares):
        taken[share.discount] = share.amount + taken.get(share.discount, share.amount.like(0))
    return taken


def _if_still_reached(
    discount: Discount, most: Money, minimum_spend: Money, left: dict[str, Money], covered: tuple[str, ...]
) -> dict[str, Money]:
    weights = [left[line_id].minor_units for line_id in covered]
    basis = discount.amount.like(sum(weights))
    if not basis or not basis.reaches(minimum_spend):
        return {}
    amount = most if discount.rate_bp is None else basis.basis_points(discount.rate_bp)
    amount = amount.at_most(most).at_most(basis)
    return dict(zip(covered, amount.allocate(weights), strict=True))


def _paid_at(position: OrderPosition, claims: tuple[Claim, ...], due: Money, tax: Money) -> tuple[Claim, ...]:
    amounts = _amounts(position, claims, due)
    by_tax, by_amount = [claim.tax.minor_units for claim in claims], [amount.minor_units for amount in amounts]
    taxes = tax.allocate(by_tax if any(by_tax) else by_amount)
    return tuple(
        replace(claim, amount=amount, tax=part) for claim, amount, part in zip(claims, amounts, taxes, strict=True)
    )


def _amounts(position: OrderPosition, claims: tuple[Claim, ...], due: Money) -> list[Money]:
    """Pay adjustments as asked, as far as that goes, and share the rest out over the goods.

    Less than they would pay by themselves is shared by that, and what is more by what discounts took off them.
    """
    asked = [claim.amount.minor_units if claim.is_adjustment else 0 for claim in claims]
    for_goods = due - due.like(sum(asked))
    if for_goods.minor_units < 0:
        return due.allocate(asked)
    plain = [0 if claim.is_adjustment else claim.amount.minor_units for claim in claims]
    more = (for_goods - due.like(sum(plain))).not_below_zero()
    off = [_discounted(position, claim).minor_units for claim in claims]
    parts = zip(asked, (for_goods - more).allocate(plain), more.allocate(off), strict=True)
    return [due.like(fixed) + by_price + by_discount for fixed, by_price, by_discount in parts]


def _tax(position: OrderPosition, claims: tuple[Claim, ...], tax: Money) -> Money:
    """The tax inside what is due, never more than is left of it; whoever completes the order takes the rest."""
    kept = (position.line_after(line.line_id, claims).tax_worth for line in position.sale.lines)
    if position.is_fully_returned(claims) and not all(claim.is_adjustment for claim in claims):
        return (position.goods_tax_left - Money.total(kept, tax.currency)).not_below_zero()
    return tax.at_most(position.goods_tax_left)
