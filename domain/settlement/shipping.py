"""When the shipping comes back: once, parcel by parcel, or in part where a merchant says so (rules 8 and 49)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingBack, ShippingDecision, ShippingPart, shipping_parts
from domain.money.amounts import Money
from domain.policy import Policy, ShippingRefund
from domain.refusals import RefundRejected, Refusal
from domain.settlement.settlement import Terms

_BEST_FIRST = (ShippingRefund.ALWAYS, ShippingRefund.FULL_RETURN, ShippingRefund.NEVER)


def deciding_reason(policy: Policy, reasons: Iterable[Reason]) -> Reason:
    """Of the reasons of several lines the one decides that is best for the customer; of equals the first (rule 55)."""
    return min(reasons, key=lambda reason: _BEST_FIRST.index(policy.shipping_refund[reason]))


def decide_shipping(
    policy: Policy, reason: Reason, *, include_shipping: bool | None, moves_units: bool, completes_order: bool
) -> ShippingDecision:
    """Decide whether this refund carries what is left of the shipping (rule 8).

    The merchant's outright word decides; else money-only adjustments leave it, and the policy's value for the
    reason says `always` (with the first units), `full_return` (with the last) or `never`.
    """
    if include_shipping is not None:
        is_included = include_shipping
        return ShippingDecision.MERCHANT_INCLUDES_IT if is_included else ShippingDecision.MERCHANT_LEAVES_IT_OUT
    if not moves_units:
        return ShippingDecision.NO_UNITS
    rule = policy.shipping_refund[reason]
    if rule is ShippingRefund.ALWAYS:
        return ShippingDecision.FIRST_UNITS
    if rule is ShippingRefund.NEVER:
        return ShippingDecision.NEVER
    return ShippingDecision.FULL_RETURN if completes_order else ShippingDecision.NOT_COMPLETE


def refuse_too_much_shipping(position: OrderPosition, amount: Money) -> None:
    """Raise RefundRejected (`amount_not_available`) where more is asked for than is left of the shipping."""
    left = position.shipping_left
    if amount.exceeds(left):
        raise RefundRejected(
            Refusal.AMOUNT_NOT_AVAILABLE,
            f"shipping_amount {amount.minor_units} asked for, {left.minor_units} left of the shipping",
        )


def shipping_back(
    position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy
) -> tuple[ShippingBack, ...]:
    """Say of every parcel what this refund gives back of what sending it cost, never more than is left (rule 6).

    By the rules of rule 8 for each parcel by itself: with its first units, or with its last. A refund that completes
    the order brings back all that is left, as it did for orders that were sent at once. Points that paid for it come
    along (rule 18); what a merchant gives in part is money.
    """
    return _Parting(position, claims, terms, policy).back()


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of one parcel's share."""

    part: ShippingPart
    amount: Money
    tax: Money
    points: int


class _Parting:
    """One refund's shipping, taken from the parcels one after the other."""

    def __init__(self, position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy) -> None:
        self._position, self._claims, self._terms, self._policy = position, claims, terms, policy
        self._moved = [claim for claim in claims if not claim.is_adjustment]
        self._completes = position.is_fully_returned(claims)
        self._left, self._tax_left = position.shipping_left, position.shipping_tax_left
        self._points_left = position.shipping_points_left
        order = position.order
        self._parts = shipping_parts(position.sale, order.shipping, terms.shipments)

    def back(self) -> tuple[ShippingBack, ...]:
        given = self._terms.shipping_amount
        left = [self._left_of(part) for part in self._parts]
        if given is None:
            return self._with_the_rest_of_the_tax([self._due(each) for each in left])
        pot, back = given.at_most(self._left), dict[str, ShippingBack]()
        for each in sorted(left, key=lambda each: not self._claims_of(each.part)):
            amount = each.amount.at_most(pot)
            pot -= amount
            back[each.part.shipment_id] = self._taken(each, ShippingDecision.GIVEN, amount)
        return self._with_the_rest_of_the_tax([back[part.shipment_id] for part in self._parts])

    def _due(self, left: _Left) -> ShippingBack:
        decision = self._decision(left.part)
        if decision.is_due:
            return self._taken(left, decision, left.amount.at_most(self._left))
        return ShippingBack(left.part.shipment_id, decision, left.amount.like(0), left.tax.like(0))

    def _decision(self, part: ShippingPart) -> ShippingDecision:
        claims = self._moved if self._completes else self._claims_of(part)
        include = self._terms.include_shipping
        if include and self._terms.paid_less and self._is_apart(part) and not self._was_due(part):
            return ShippingDecision.OTHER_PARCEL
        if self._moved and not claims and include is None:
            return ShippingDecision.OTHER_PARCEL
        return decide_shipping(
            self._policy,
            deciding_reason(self._policy, self._terms.reasons_of(claims)),
            include_shipping=include,
            moves_units=bool(claims),
            completes_order=self._completes or (bool(claims) and self._is_returned(part)),
        )

    def _is_apart(self, part: ShippingPart) -> bool:
        return bool(part.shipment_id) or len(self._parts) > 1

    def _was_due(self, part: ShippingPart) -> bool:
        """Whether what came back before brought this parcel's shipping, but for what a loss had taken (rule 52)."""
        if self._completes and always_comes_back(self._policy):
            return True
        before = (back for refund in self._position.refunds for back in refund.shipping_parts)
        return any(back.decision.is_due for back in before if back.shipment_id == part.shipment_id)

    def _claims_of(self, part: ShippingPart) -> list[Claim]:
        """Those that bring units of a parcel back."""
        if len(self._parts) == 1:
            return self._moved
        named = (claim for claim in self._moved if claim.line_id in part.units)
        return [claim for claim in named if claim.units.within(part.units[claim.line_id]).ranges]

    def _is_returned(self, part: ShippingPart) -> bool:
        """Whether every unit of a parcel is returned, gifts aside; of one with gifts alone every gift counts."""
        counted = {line.line_id for line in self._position.sale.counted_lines}
        units = {line_id: each for line_id, each in part.units.items() if line_id in counted} or part.units
        return not any(
            self._position.line_after(line_id, self._claims).unclaimed_units.within(each).ranges
            for line_id, each in units.items()
        )

    def _left_of(self, part: ShippingPart) -> _Left:
        if len(self._parts) == 1:
            return _Left(part, self._left, self._tax_left, self._points_left)
        before = [
            each
            for refund in self._position.refunds
            for each in refund.shipping_parts
            if each.shipment_id == part.shipment_id
        ]
        amount = part.paid - Money.total((each.amount for each in before), part.paid.currency)
        tax = part.tax - Money.total((each.tax for each in before), part.tax.currency)
        points = part.points - sum(each.points for each in before)
        return _Left(part, amount.not_below_zero(), tax.not_below_zero(), max(points, 0))

    def _taken(self, left: _Left, decision: ShippingDecision, amount: Money) -> ShippingBack:
        tax = left.tax
        if amount != left.amount or (decision is ShippingDecision.GIVEN and not amount):
            least = (left.tax - (left.amount - amount)).at_most(amount)
            tax = left.part.tax.portion(amount, left.part.paid).at_most(left.tax).at_most(amount)
            tax = (least if least.exceeds(tax) else tax).not_below_zero()
        tax, points = tax.at_most(self._tax_left), 0 if decision is ShippingDecision.GIVEN else left.points
        points = min(points, self._points_left)
        self._left -= amount
        self._tax_left -= tax
        self._points_left -= points
        return ShippingBack(left.part.shipment_id, decision, amount, tax, points)

    def _with_the_rest_of_the_tax(self, back: list[ShippingBack]) -> tuple[ShippingBack, ...]:
        """Whoever takes the last of the shipping takes the rest of its tax."""
        last = next((place for place in reversed(range(len(back))) if back[place].amount), None)
        if last is not None and not self._left and self._tax_left:
            back[last] = replace(back[last], tax=back[last].tax + self._tax_left)
        return tuple(back)


def always_comes_back(policy: Policy) -> bool:
    """Whether everything that is returned brings the shipping, whatever the reason."""
    return ShippingRefund.NEVER not in policy.shipping_refund.values()


def is_parted(back: Sequence[ShippingBack]) -> bool:
    """Whether the order tells what each of its parcels cost."""
    return len(back) > 1 or any(each.shipment_id for each in back)
