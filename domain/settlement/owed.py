"""What is still owed is lessened before anything is paid out, and what comes back beside the price (rule 50)."""

from collections.abc import Sequence

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition, by_line
from domain.entitlements.grants import UndoneShare, undone_share
from domain.money.amounts import Money
from domain.payout.owed import Lessened, PaymentPart
from domain.sale.units import Units
from domain.settlement.settlement import Terms


def lessen(due: Money, position: OrderPosition) -> Lessened | None:
    """Take what comes back off what was not paid yet, as far as that reaches; None where all is paid.

    First off what is owed, then off the payments that are not captured, in their order.
    """
    if not position.order.is_paid_later:
        return None
    owed = position.owed_left.at_most(due)
    left, released = due - owed, list[PaymentPart]()
    for payment, uncaptured in position.uncaptured_left:
        part = uncaptured.at_most(left)
        left -= part
        if part:
            released.append(PaymentPart(payment.payment_id, part))
    return Lessened(due - left, owed, tuple(released)) if left != due else None


def overpaid_back(position: OrderPosition, *, completes_order: bool) -> Money:
    """Return the cents paid too much that come back: all of them, with the last unit."""
    left = position.overpaid_left
    return left if completes_order else left.like(0)


def due_after_all(position: OrderPosition) -> Money:
    """Return what is the customer's and comes back with no goods any more.

    It is what was paid although refunds had lessened it, and cents paid too much where all goods have come back.
    """
    return position.paid_after_all + overpaid_back(position, completes_order=position.is_fully_returned())


def lines_at_fault(position: OrderPosition, claims: Sequence[Claim], terms: Terms) -> tuple[str, ...]:
    """Name the lines that come back by the merchant's fault, where interest was paid on them."""
    if not position.order.has_interest:
        return ()
    reasons = zip(claims, terms.reasons_of(claims), strict=False)
    faulty = (claim.line_id for claim, why in reasons if why.is_merchants_fault and not claim.is_adjustment)
    return tuple(dict.fromkeys(faulty))


def share_at_fault(position: OrderPosition, claims: Sequence[Claim], at_fault: Sequence[str]) -> UndoneShare:
    """Return how much of all units came back by the merchant's fault so far, these claims with it."""
    named = frozenset(at_fault)
    faulty = [claim for claim in claims if claim.line_id in named]
    for refund in position.refunds:
        named = frozenset(refund.at_fault)
        faulty += [claim for claim in refund.claims if claim.line_id in named and claim.is_final]
    undone = {line_id: Units.union(claim.units for claim in made) for line_id, made in by_line(faulty).items()}
    return undone_share(position.sale.counted_lines, undone)


def interest_back(position: OrderPosition, claims: Sequence[Claim], at_fault: Sequence[str]) -> tuple[PaymentPart, ...]:
    """Say for each captured payment what of its interest comes back: the share of what the merchant is at fault for.

    Cumulative, so that parts come to the whole: where everything comes back by the merchant's fault, all of it does.
    Where nothing is `at_fault` now it is what earlier refunds were due and a bank had taken.
    """
    share = share_at_fault(position, claims, at_fault)
    parts: list[PaymentPart] = []
    for payment in position.order.payments:
        if payment.is_captured and payment.interest_paid:
            so_far = payment.interest_paid.like(payment.interest_paid.minor_units * share.part // share.whole)
            due = (so_far - position.interest_returned(payment)).not_below_zero()
            parts.append(PaymentPart(payment.payment_id, due))
    return tuple(parts)
