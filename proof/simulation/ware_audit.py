"""What came back of an order's lines, by the rules alone: each part its proportion, all of a line what it cost."""

from collections.abc import Iterator, Sequence

from domain.claims.claims import ClaimState
from proof.simulation.books import Books
from proof.simulation.parcel_audit import audit_parcels
from proof.simulation.payment_audit import audit_payments
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import PART, Extra, OrderKind, Ware, Wares


def audit_wares(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """List what is wrong with the money for goods and for what is beside them (rules 4, 47 and 48)."""
    for each in returned:
        if each.settled is not None:
            got, due = money_of(each), each.settled.goods + each.settled.extra + sum(each.settled.shipping)
            off = each.settled.coupon_off + each.settled.gift + each.settled.lessened - each.settled.overpaid
            off -= sum(each.settled.interest) + each.settled.after_all
            if got != due - off:
                yield f"{got} was paid for {each.units} units of {each.refund_id}, which cost {due}, less {off}"
    for ware in books.wares.units.values():
        if ware.line_id != PART:
            yield from _line(books, ware, [each for each in returned if each.line_id == ware.line_id])
    if books.wares.extra is not None:
        yield from audit_extra(books, returned, was_released=was_released)
    yield from audit_payments(books, returned, was_released=was_released)
    if books.wares.parcels:
        yield from audit_parcels(books, returned, was_released=was_released)


def money_of(refund: RefundBook) -> int:
    """What was paid out, in the order's currency."""
    return sum(each.worth for each in refund.payouts.values())


def _line(books: Books, ware: Ware, parts: Sequence[RefundBook]) -> Iterator[str]:
    settled = [(each, each.settled.goods - _beside(books, each)) for each in parts if each.settled is not None]
    for each, money in settled:
        if books.version > 1:
            yield from _of_its_version(books, each, money)
        elif not _is_part(money, ware.paid, each.units, ware.quantity):
            yield f"{money} came back for {each.units} of {ware.quantity} of {ware.line_id}, which cost {ware.paid}"
    units, goods = sum(each.units for each, _ in settled), sum(money for _, money in settled)
    if units == ware.quantity and goods != ware.paid:
        yield f"all of {ware.line_id} came back, and {goods} of the {ware.paid} that it cost"


def _of_its_version(books: Books, refund: RefundBook, money: int) -> Iterator[str]:
    """What a refund had claimed when the order changed stays as it was sold to it."""
    was = books.scenario.wares.units.get(refund.line_id)
    if refund.version == 1 and was is not None and not _is_part(money, was.paid, refund.units, was.quantity):
        yield f"{money} came back for {refund.units} of {was.quantity} of {was.line_id}, which had cost {was.paid}"


def _beside(books: Books, refund: RefundBook) -> int:
    """What the other part of a bundle cost, where it came back."""
    is_back = dict(refund.settled_for or refund.lines).get(PART, 0) > 0
    return books.wares.units[PART].paid if is_back else 0


def _is_part(part: int, whole: int, count: int, of: int) -> bool:
    """Whether a part is its proportion, one way rounded or the other."""
    return abs(part * of - whole * count) < of


def audit_extra(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """A refund that is settled counts: where it is released after all, another has come without it.

    The bank may have taken of it what no goods had brought.
    """
    assert books.wares.extra is not None
    kind, price = books.scenario.kind, books.wares.extra.paid
    came = sum(each.settled.extra for each in returned if each.settled is not None)
    with_it = [each for each in returned if each.line_id == "l1" or not kind.parts]
    moved = any(each.units + each.parts for each in with_it)
    due = most = price if moved else 0
    if kind.extra is Extra.TIP or (kind.extra is Extra.FEE and kind.is_for_no_fault):
        due = most = 0
    elif kind.extra is Extra.DEPOSIT:
        goods = sum(each.settled.goods for each in with_it if each.settled is not None)
        due = price * goods // _cost(books.wares, kind)
        before = min(price * goods // _cost(books.scenario.wares, kind), price)  # as it was sold before
        due, most = due if due == price else min(due, before), max(due, before)
    lost = sum(each.settled.extra for each in returned if each.is_loss and each.settled is not None)
    if not due <= came <= min(most + lost, price) and not (was_released and 0 <= came <= price and due):
        yield f"{came} of the {kind.extra.replace('_', ' ')} came back, instead of {due}"


def _cost(wares: Wares, kind: OrderKind) -> int:
    """What the goods cost that the extra comes back with."""
    return sum(each.paid for each in wares.units.values() if not kind.parts or each.line_id in ("l1", PART))


def points_due(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> range:
    """How many points the customer may have now, before others are spent: each part is its proportion."""
    wares, earned = books.wares, books.wares.earned
    goods = sum(each.settled.goods for each in returned if each.settled is not None)
    is_all = sum(each.units + each.parts for each in returned) == wares.count
    taken = earned if is_all else earned * goods // wares.goods
    least, most = points_back(wares, returned)
    begun, slack = earned - wares.points - taken, int(was_released and not is_all)
    if books.version > 1 and not is_all:  # what was taken back of the order before it changed stays taken back
        then = books.scenario.wares
        slack += abs(taken - min(then.earned * goods // then.goods, then.earned))
        slack += odd_points(books, returned)
    return range(begun + least - slack, begun + most + slack + 1)


def points_back(wares: Wares, returned: Sequence[RefundBook]) -> tuple[int, int]:
    """The least and the most that may come back of the points that were spent: each part is its proportion."""
    least = most = 0
    for ware in wares.units.values():
        counts = [each.units for each in returned if each.line_id == ware.line_id]
        if sum(counts) == ware.quantity:
            least, most = least + ware.points, most + ware.points
        else:
            least += sum(ware.points * count // ware.quantity for count in counts)
            most += sum(-(-ware.points * count // ware.quantity) for count in counts)
    return least, most


def odd_points(books: Books, returned: Sequence[RefundBook]) -> int:
    """By how many points parts may be off their proportion, of an order that has changed."""
    then, released = books.scenario.wares, (each for each in books.refunds.values() if _is_released(each))
    return len(returned) + sum(_taken_otherwise(then, books.wares, each) for each in released)


def _taken_otherwise(then: Wares, now: Wares, released: RefundBook) -> int:
    """By how much what a refund took before the order changed differs from what it would take now.

    One that is settled counts (rule 19): where it is released after all, another has taken only what was left.
    """
    was = then.units.get(released.line_id)
    goods = 0 if was is None else was.price([each for each in released.claimed if each < was.quantity])
    goods += sum(released.off.values())
    return abs(then.earned * goods // then.goods - now.earned * goods // now.goods)


def _is_released(refund: RefundBook) -> bool:
    return refund.claims is ClaimState.RELEASED and refund.version == 1
