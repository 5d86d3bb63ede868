"""What went back to payments, by the rules alone: never more than was captured, and first what was not paid yet."""

from collections.abc import Iterator, Sequence

from domain.claims.claims import ClaimState
from proof.simulation.books import Books
from proof.simulation.payments import TOO_MUCH, Paid
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import Edit, Wares


def is_beyond(books: Books, payment_id: str, paid: int, credited: int) -> bool:
    """Whether more than was captured went back, in the payment's currency or as credit in the order's."""
    place = list(books.provider.captured).index(payment_id)
    if place == len(books.wares.payments.own):  # it came with a version that a restored copy does not know
        return paid + credited > books.provider.captured[payment_id]
    own, worth = books.wares.payments.own[place], books.wares.payments.worth[place]
    if own == worth:
        return paid + credited > own
    return paid * worth + credited * own >= (own + 1) * worth


def audit_payments(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """List what is wrong; where one that was settled is released after all, another has settled with it in mind."""
    settled = [each.settled for each in returned if each.settled is not None]
    if books.version > 1 and books.scenario.kind.edit is Edit.PAID:
        then = [each for each in returned if each.settled_in == 1]
        now = [each for each in returned if each.settled_in > 1]
        yield from _lessened(books.scenario.wares, then, was_released=was_released)
        yield from _lessened(books.wares, now, was_released=False)
        yield from _paid_after_all(books, returned)
    else:
        yield from _lessened(books.wares, returned, was_released=was_released)
    overpaid = sum(each.overpaid for each in settled)
    due = TOO_MUCH if books.all_paid and books.scenario.kind.paid is Paid.TOO_MUCH else 0
    if overpaid != due and not (was_released and overpaid <= TOO_MUCH):
        yield f"{overpaid} of cents too much came back, instead of {due}"
    if books.wares.payments.interest:
        yield from _interest(books, returned, was_released=was_released)
    yield from in_own_currency(books, returned, was_released=was_released)


def _lessened(wares: Wares, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """What was not paid yet when these were settled was lessened before anything was paid."""
    settled = [each.settled for each in returned if each.settled is not None]
    not_paid, lessened = wares.payments.not_paid_yet, sum(each.lessened for each in settled)
    came_to = lessened + sum(each.total for each in settled)
    if lessened != min(not_paid, came_to) and not (was_released and lessened < not_paid):
        yield f"{lessened} of {not_paid} that was not paid yet was lessened, where {came_to} came back"


def _paid_after_all(books: Books, returned: Sequence[RefundBook]) -> Iterator[str]:
    """What was lessened and is paid now comes back once, by a refund of its own, unless somebody refused that."""
    settled = [each.settled for each in returned if each.settled is not None]
    lessened, back = sum(each.lessened for each in settled), sum(each.after_all for each in settled)
    own = [each for each in books.refunds.values() if each.is_after_all]
    is_refused = any(each.claims is ClaimState.RELEASED for each in own)
    if back != (0 if is_refused else lessened) or len(own) != bool(lessened):
        yield f"{lessened} was lessened and paid after all, and {back} came back of it by {len(own)} refunds"


def _interest(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """The share of what the merchant is at fault for, all of it with all goods, and none for a change of mind."""
    settled = [each.settled for each in returned if each.settled is not None]
    came, goods = sum(sum(each.interest) for each in settled), sum(each.goods for each in settled)
    known, then = books.wares.payments.interest, books.scenario.wares.goods
    due = most = sum(each * goods // books.wares.goods for each in known)
    if books.version > 1:  # what came back before the order changed went by what was sold then
        least, most = sorted((due, sum(min(each * goods // then, each) for each in known)))
        due = least
    due, most = (0, 0) if books.scenario.kind.is_for_no_fault else (due, most)
    slack = len(known) if was_released and most else 0
    if not due - slack <= came <= most + slack:
        yield f"{came} of the interest came back, instead of {due}, with goods for {goods} of {books.wares.goods}"


def in_own_currency(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """Each part is its proportion of what was captured, one way rounded or the other, and all of them are all of it."""
    known = books.wares.payments
    for payment_id, own, worth in zip(books.provider.captured, known.own, known.worth, strict=False):
        parts = [each.payouts[payment_id] for each in returned if payment_id in each.payouts]
        for each in parts:
            if abs(each.amount * worth - each.worth * own) >= worth * (1 + was_released):
                yield f"{each.amount} of {own} went back to {payment_id} for {each.worth} of {worth}"
        paid = sum(each.amount for each in parts)
        if sum(each.worth for each in parts) == worth and paid != own and not was_released:
            yield f"all that {payment_id} was worth went back, and {paid} of the {own} that it captured"
