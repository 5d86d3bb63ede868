"""What can happen to an order, step by step.

The numbers of a step are counted around whatever there is to pick from, so that every step can always be taken.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.claims.claims import ClaimState
from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.claims.sold_for_good import kept_from_return
from domain.claims.standing import StandsInTheWay
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import PromotionRefund
from domain.refusals import RefundRejected
from domain.sale.disputes import DisputeStatus
from domain.sale.sales import SoldLine
from domain.sale.snapshots import SnapshotRefused
from domain.settlement.external import ExternalRefund
from tests.domain.generated_changes import read_later
from tests.domain.refund_desk import NOW, Desk
from tests.domain.tapes import Tape


@dataclass(frozen=True, slots=True)
class Return:
    """Ask for some units of each line; `quantities` by the place of the line, none at all asks for nothing.

    `line_reasons` are by place as well, None for a line without a reason of its own. A merchant may say how much of
    what is left of the shipping comes back with it, and a customer where they want the money, or who got the goods as
    a gift has it.
    """

    quantities: tuple[int, ...]
    reason: Reason
    include_shipping: bool | None = None
    goods_come_back: bool = False
    line_reasons: tuple[Reason | None, ...] = ()
    shipping_percent: int | None = None
    refund_to: RefundTo = RefundTo.ORIGINAL
    beneficiary: str | None = None


@dataclass(frozen=True, slots=True)
class GiveShipping:
    """A merchant gives back a part of what is left of the shipping, and nothing else."""

    percent: int


@dataclass(frozen=True, slots=True)
class Adjust:
    """Ask for a part of what is left of a line, without moving units; also of one that has none."""

    line: int
    percent: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Settle one refund that was asked for, after an inspection that accepts this much of it, in what condition."""

    which: int
    accepted_percent: int = 100
    lesser_percent: int = 0


@dataclass(frozen=True, slots=True)
class Pay:
    which: int


@dataclass(frozen=True, slots=True)
class Release:
    """Reject, cancel or expire one refund that is not paid yet."""

    which: int


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """A later snapshot of the order arrives, which says what is read from these numbers."""

    numbers: bytes


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """From here on promotions are refunded another way."""

    to: PromotionRefund


@dataclass(frozen=True, slots=True)
class Spend:
    """The customer spends this much of their credit and their points on other orders."""

    percent: int


@dataclass(frozen=True, slots=True)
class UseCoupon:
    """Another order uses a coupon that this order or a campaign gave, or is refunded and gives it back."""

    which: int


@dataclass(frozen=True, slots=True)
class MoveElsewhere:
    """Money goes back elsewhere: so much of what these units, or with none everything left, would come to.

    `payment` is its place, None where nobody says. It is said in the payment's currency, where `is_in_own` says so, and
    so much of the payment's interest is said to be in it; None: nobody says.
    """

    quantities: tuple[int, ...]
    percent: int
    payment: int | None
    is_in_own: bool = False
    interest_percent: int | None = None


@dataclass(frozen=True, slots=True)
class LoseDispute:
    """The bank takes so much of a payment, after a dispute."""

    payment: int
    percent: int
    is_in_own: bool = False


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """The bank is asked about so much of a payment, or warns of it."""

    payment: int
    percent: int
    status: DisputeStatus


@dataclass(frozen=True, slots=True)
class WinDispute:
    """One that was lost is won after all."""

    which: int


Step = (
    MoveElsewhere
    | LoseDispute
    | OpenDispute
    | WinDispute
    | Return
    | GiveShipping
    | Adjust
    | Settle
    | Pay
    | Release
    | ChangeOrder
    | ChangePolicy
    | Spend
    | UseCoupon
)


def play(desk: Desk, steps: Iterable[Step], *, after_each: Callable[[Desk], None] | None = None) -> Desk:
    """Take the steps one after the other; a step that finds nothing to do does nothing."""
    for step in steps:
        _take(desk, step)
        if after_each:
            after_each(desk)
    return desk


def _take(desk: Desk, step: Step) -> None:
    match step:
        case Return():
            _ask_for_units(desk, step)
        case GiveShipping(percent):
            if amount := _of_shipping(desk, percent):
                desk.request_shipping(amount)
        case Adjust(line, percent):
            parts = [*desk.sale.lines, *desk.sale.extras]
            _adjust(desk, parts[line % len(parts)], percent)
        case Settle():
            for refund_id in _picked(desk.refunds_in(ClaimState.CLAIMED), step.which):
                _inspect_and_settle(desk, refund_id, step)
        case Pay(which):
            for refund_id in _picked(desk.refunds_in(ClaimState.SETTLED), which):
                desk.pay(refund_id)
        case Release(which):
            for refund_id in _picked(desk.refunds_in(ClaimState.CLAIMED, ClaimState.SETTLED), which):
                desk.release(refund_id)
        case Spend(percent):
            desk.shopper = desk.shopper.having_spent(desk.customer.wallet, percent)
        case UseCoupon(which):
            desk.shopper = desk.shopper.having_used(which, list(desk.settled.values()))
        case ChangeOrder(numbers):
            granted_lines = {line_id for grant in desk.shopper.grants for line_id in grant.line_ids}
            with suppress(SnapshotRefused, StandsInTheWay, RefundRejected):
                desk.put(read_later(Tape(numbers), desk.position, granted_lines))
                if desk.position.paid_after_all:
                    desk.pay_back()
        case MoveElsewhere():
            with suppress(RefundRejected):
                if (moved := _moved(desk, step)).amount:
                    desk.note_external(moved)
        case LoseDispute(place, percent, is_in_own):
            if desk.order.payments:
                payment = desk.order.payments[place % len(desk.order.payments)]
                paid = payment.amount if is_in_own else payment.worth
                with suppress(RefundRejected):
                    desk.lose_dispute(payment.payment_id, paid.like(paid.minor_units * percent // 100))
        case OpenDispute(place, percent, status):
            if desk.order.payments:
                payment = desk.order.payments[place % len(desk.order.payments)]
                worth = payment.worth
                desk.open_dispute(payment.payment_id, worth.like(worth.minor_units * percent // 100), status)
        case WinDispute(which):
            for refund_id in _picked(desk.losses, which):
                desk.release(refund_id)
        case ChangePolicy(to):
            desk.policy = replace(desk.policy, promotion_refund=to)


def _adjust(desk: Desk, line: SoldLine, percent: int) -> None:
    is_extra = line in desk.sale.extras
    left = desk.position.extra_left(line).amount if is_extra else desk.position.line(line.line_id).left
    if left:
        amount = left.like(max(left.minor_units * percent // 100, 1))
        if is_extra:
            desk.request_extras(((line.line_id, amount),), Reason.CHANGED_MIND)
        else:
            desk.request(LineRequest(line.line_id, None, amount))


def _ask_for_units(desk: Desk, step: Return) -> None:
    said = _line_reasons(desk, step.line_reasons)
    wanted = _with_their_bundles(desk, _units_wanted(desk, step.quantities))
    while True:
        own = {each.line_id: said[each.line_id] for each in wanted if each.line_id in said}
        kept = kept_from_return(desk.order, step.reason, own)
        if not any(each.line_id in kept for each in wanted):
            break
        wanted = [each for each in wanted if each.line_id not in kept]
    if wanted:
        desk.request(
            *wanted,
            reason=step.reason,
            include_shipping=step.include_shipping,
            shipping_amount=None if step.shipping_percent is None else _of_shipping(desk, step.shipping_percent),
            goods_come_back=step.goods_come_back,
            line_reasons=own,
            refund_to=step.refund_to,
            beneficiary=step.beneficiary,
        )


def _moved(desk: Desk, step: MoveElsewhere) -> ExternalRefund:
    lines = tuple(_units_wanted(desk, step.quantities)) or None
    quoted = desk.quote(*(lines or ()), reason=Reason.MERCHANT_BREACH)
    payments = desk.order.payments
    amount = quoted.goods.like((quoted.goods + quoted.shipping).minor_units * step.percent // 100)
    moved = ExternalRefund(f"e{len(desk.settled)}", amount, lines, None, NOW)
    if step.payment is None or not payments:
        return moved
    payment = payments[step.payment % len(payments)]
    moved = replace(moved, payment_id=payment.payment_id)
    if step.interest_percent is not None:
        interest = amount.like(payment.interest_paid.minor_units * step.interest_percent // 100)
        moved = replace(moved, amount=amount + interest, said_interest=interest)
    if step.is_in_own and payment.order_amount:
        moved = replace(
            moved,
            amount=payment.captured_for(moved.amount),
            said_interest=moved.said_interest and payment.captured_for(moved.said_interest),
        )
    return moved


def _of_shipping(desk: Desk, percent: int) -> Money:
    left = desk.position.shipping_left
    return left.like(left.minor_units * percent // 100)


def _with_their_bundles(desk: Desk, wanted: list[LineRequest]) -> list[LineRequest]:
    """Ask for all that is left of each bundle of which anything is asked for, where its parts come back together."""
    asked = {desk.sale.line(each.line_id).bundle_id for each in wanted}
    together = asked.intersection(desk.order.kept_together)
    left = {
        line.line_id: desk.position.line(line.line_id).free_units.count
        for line in desk.sale.lines
        if line.bundle_id in together
    }
    others = [each for each in wanted if each.line_id not in left]
    return [*others, *(LineRequest(line_id, count, None) for line_id, count in left.items() if count)]


def _line_reasons(desk: Desk, said: tuple[Reason | None, ...]) -> dict[str, Reason]:
    by_line = zip((line.line_id for line in desk.sale.lines), said, strict=False)
    return {line_id: reason for line_id, reason in by_line if reason is not None}


def _inspect_and_settle(desk: Desk, refund_id: str, step: Settle) -> None:
    goods = [claim for claim in desk.claims_of(refund_id) if not claim.is_adjustment]
    accepted = {claim.line_id: claim.units.count * step.accepted_percent // 100 for claim in goods}
    lesser = {line_id: count * step.lesser_percent // 100 for line_id, count in accepted.items()}
    desk.settle(refund_id, accepted, lesser)


def _units_wanted(desk: Desk, quantities: tuple[int, ...]) -> list[LineRequest]:
    wanted = (
        (line.line_id, _wanted(line, desk.position.line(line.line_id).free_units.count, quantity))
        for line, quantity in zip(desk.sale.lines, quantities, strict=False)
    )
    return [LineRequest(line_id, quantity, None) for line_id, quantity in wanted if quantity]


def _wanted(line: SoldLine, free: int, quantity: int) -> int:
    """So many units, or so many sixths of what is measured."""
    return quantity % (free + 1) if line.measure is None else free * min(quantity, 6) // 6


def _picked(refund_ids: list[str], which: int) -> list[str]:
    return [refund_ids[which % len(refund_ids)]] if refund_ids else []
