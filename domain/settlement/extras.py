"""What a refund gives back of the lines that are no goods and no services (rule 47)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from domain.claims.claims import Claim
from domain.claims.extras import ExtraBack, ExtraDecision, Occasion, decide_extra
from domain.claims.positions import ExtraLeft, LineRequest, OrderPosition
from domain.claims.reasons import Reason
from domain.entitlements.grants import UndoneShare, undone_share
from domain.money.amounts import Money
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import in_words
from domain.sale.orders import Order
from domain.sale.sales import Sale, SoldLine
from domain.sale.units import Units
from domain.settlement.settlement import Terms

Named = tuple[tuple[str, Money], ...]
"""Extras that a request names, with what it asks of them."""


def extras_back(
    position: OrderPosition, claims: Sequence[Claim], terms: Terms, policy: Policy
) -> tuple[ExtraBack, ...]:
    """Say of every extra of the order what these claims bring back of it, never more than is left (rules 6 and 47)."""
    if not position.sale.extras:
        return ()
    named = dict(terms.extras)
    bundles = {line.bundle_id for line in position.sale.extras}
    returned = {bundle_id: _returned(position, claims, terms, bundle_id) for bundle_id in bundles}
    return tuple(_back(position, line, *returned[line.bundle_id], named, policy) for line in position.sale.extras)


def lessened(position: OrderPosition, due: ExtraBack, amount: Money) -> ExtraBack:
    """What comes back of an extra where this amount of what is due went back elsewhere (rule 51)."""
    if amount == due.amount:
        return due
    line = next(each for each in position.sale.extras if each.line_id == due.line_id)
    left = position.extra_left(line)
    tax = _tax_inside(amount, line.tax.portion(amount, line.paid).at_most(left.tax), left)
    return ExtraBack(due.line_id, ExtraDecision.EXTERNAL, amount, tax, 0)


def _returned(
    position: OrderPosition, claims: Sequence[Claim], terms: Terms, bundle_id: str
) -> tuple[UndoneShare, Occasion]:
    """Say how much of the goods of a bundle is returned, and what for; of no bundle, of all goods."""
    share = share_returned(position, claims, goods_with(bundle_id, position.sale))
    is_own = _is_with(bundle_id, position.sale)
    moved = [claim for claim in claims if not claim.is_adjustment and is_own(claim.line_id)]
    occasion = Occasion(
        at_fault=any(reason.is_merchants_fault for reason in terms.reasons_of(moved)),
        is_sent=position.order.is_sent if terms.was_sent is None else terms.was_sent,
        moves_units=bool(moved),
        completes_order=share.is_all,
    )
    return share, occasion


def goods_with(bundle_id: str, sale: Sale) -> tuple[SoldLine, ...]:
    """Return the goods with which extras of a bundle come back: its own, where it has any, else all that count."""
    own = tuple(line for line in sale.counted_lines if bundle_id and line.bundle_id == bundle_id)
    return own or sale.counted_lines


def _is_with(bundle_id: str, sale: Sale) -> Callable[[str], bool]:
    """Tell of lines whether an extra of a bundle comes back with them; with gifts only where it is of none."""
    own = {line.line_id for line in goods_with(bundle_id, sale)}
    is_of_all = own == {line.line_id for line in sale.counted_lines}
    return lambda line_id: is_of_all or line_id in own


def share_returned(position: OrderPosition, claims: Sequence[Claim], lines: Sequence[SoldLine]) -> UndoneShare:
    """Return how much of some lines is returned so far, these claims with it."""
    left = {line.line_id: position.line_after(line.line_id, claims).unclaimed_units for line in lines}
    return undone_share(lines, {line.line_id: line.all_units.without(left[line.line_id]) for line in lines})


def name_extras(
    position: OrderPosition,
    requested: Sequence[LineRequest],
    reason: Reason,
    line_reasons: Mapping[str, Reason],
    policy: Policy,
) -> tuple[list[LineRequest], Named]:
    """Part what a request names into units and extras (rule 47).

    An extra that is asked for by its quantity comes back where the policy says so; an amount of one is the merchant's
    to give. Raises RefundRejected: `line_not_returnable`, `quantity_not_available`, `amount_not_available`.
    """
    extras = {line.line_id: line for line in position.sale.extras}
    below_zero = {line.line_id for line in position.order.lines if line.is_below_zero}
    for each in requested:
        if each.line_id in below_zero:
            raise RefundRejected(
                Refusal.LINE_NOT_RETURNABLE,
                f"line {each.line_id!r} took off what the other lines cost, and goes back with them",
            )
    units = [each for each in requested if each.line_id not in extras]
    named: list[tuple[str, Money]] = []
    for each in requested:
        if each.line_id in extras:
            line, own = extras[each.line_id], line_reasons.get(each.line_id, reason)
            is_with = _is_with(line.bundle_id, position.sale)
            goods = [other.line_id for other in units if other.amount is None and is_with(other.line_id)]
            occasion = _asked_with(position, [line_reasons.get(other, reason) for other in goods])
            if each.amount is not None or not _comes_by_itself(line, own, policy, occasion):
                named.append((each.line_id, asked_of(position, line, each)))
    return units, tuple(named)


def refuse_amounts_of_extras(order: Order, line_ids: Collection[str]) -> None:
    """Raise RefundRejected (`line_not_returnable`) where a customer asks for money off a line that is no unit."""
    for line in order.lines:
        if line.line_id in line_ids and not line.is_unit:
            raise RefundRejected(
                Refusal.LINE_NOT_RETURNABLE,
                f"line {line.line_id!r} is a {line.kind}: an amount of it is the merchant's to give",
            )


def _asked_with(position: OrderPosition, reasons: Sequence[Reason]) -> Occasion:
    """What a request is for, by the reasons for which goods are asked for."""
    at_fault = any(reason.is_merchants_fault for reason in reasons)
    return Occasion(at_fault, position.order.is_sent, bool(reasons), position.is_fully_returned())


def _comes_by_itself(line: SoldLine, reason: Reason, policy: Policy, occasion: Occasion) -> bool:
    """Whether the policy brings an extra back with the units of the request; raises where it does not bring it back.

    False for one that is asked for alone, or for a reason of its own.
    """
    rule = policy.line_kind_refund[line.kind]
    alone = decide_extra(rule, replace(occasion, at_fault=reason.is_merchants_fault, moves_units=True))
    together = decide_extra(rule, occasion)
    if together.gives_something:
        return True
    if alone.takes_the_rest:
        return False
    raise RefundRejected(
        Refusal.LINE_NOT_RETURNABLE,
        f"line {line.line_id!r} is a {line.kind} and does not come back with this request: the policy's "
        f"line_kind_refund says {rule}; the merchant may give an amount of it",
    )


def asked_of(position: OrderPosition, line: SoldLine, asked: LineRequest) -> Money:
    """Return what a request asks of an extra.

    Raises RefundRejected: `quantity_not_available`, `amount_not_available`.
    """
    left = position.extra_left(line).amount
    if asked.amount is not None:
        if asked.amount.exceeds(left):
            raise RefundRejected(
                Refusal.AMOUNT_NOT_AVAILABLE,
                f"{asked.amount.minor_units} of line {line.line_id!r} asked for, {left.minor_units} left",
            )
        return asked.amount
    if (asked.quantity or 0) > line.quantity or not left:
        raise RefundRejected(
            Refusal.QUANTITY_NOT_AVAILABLE,
            f"{in_words(asked.quantity or 0, line.measure)} of line {line.line_id!r} asked for, "
            f"{in_words(line.quantity, line.measure)} were sold and "
            f"{left.minor_units} is left of what they cost",
        )
    return line.price_of(Units.of_line(asked.quantity or 0)).at_most(left)


def _back(
    position: OrderPosition,
    line: SoldLine,
    share: UndoneShare,
    occasion: Occasion,
    named: dict[str, Money],
    policy: Policy,
) -> ExtraBack:
    decision = decide_extra(policy.line_kind_refund[line.kind], occasion)
    left, nothing = position.extra_left(line), line.paid.like(0)
    due = ExtraBack(line.line_id, decision, nothing, nothing, 0)
    if decision.takes_the_rest:
        due = ExtraBack(line.line_id, decision, left.amount, left.tax, left.points)
    elif decision is ExtraDecision.IN_PROPORTION:
        amount = _more(line.paid, left.amount, share)
        tax = _tax_inside(amount, _more(line.tax, left.tax, share), left)
        points = _more(line.paid.like(line.points_spent), line.paid.like(left.points), share).minor_units
        due = ExtraBack(line.line_id, decision, amount, tax, points)
    given = named.get(line.line_id, nothing).at_most(left.amount)
    if not given.exceeds(due.amount):
        return due
    tax = _tax_inside(given, line.tax.portion(given, line.paid).at_most(left.tax), left)
    return ExtraBack(line.line_id, ExtraDecision.GIVEN, given, tax, due.points)


def _more(whole: Money, left: Money, share: UndoneShare) -> Money:
    """What is due of a whole for what is returned so far, less what went back before."""
    before = whole - left
    return (whole.like(whole.minor_units * share.part // share.whole) - before).not_below_zero().at_most(left)


def _tax_inside(amount: Money, tax: Money, left: ExtraLeft) -> Money:
    """The tax inside an amount, neither more than it nor so little that the rest would be less than its tax."""
    least = (left.tax - (left.amount - amount)).at_most(amount)
    return (least if least.exceeds(tax) else tax.at_most(amount)).not_below_zero()
