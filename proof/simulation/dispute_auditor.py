"""Looks at the books after a schedule in which payments were disputed: money, points, promises (rules 6, 46 and 52)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from domain.claims.claims import ClaimState
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.sale.disputes import DisputeStatus
from proof.simulation.books import Books
from proof.simulation.credit import granted_credit
from proof.simulation.disputes import ModelDispute
from proof.simulation.figures import COUPON_GRANTED, GRANT
from proof.simulation.order_lines import amount_of, amounts_of, line_taken, lines_taken, paid_less, units_by_line
from proof.simulation.payment_audit import in_own_currency
from proof.simulation.refund_book import RefundBook
from proof.simulation.ware_audit import audit_extra, odd_points, points_back
from proof.simulation.wares import Ware

_OF_POINTS = {"restore_points", "withdraw_points"}


def audit_losses(books: Books, *, was_released: bool) -> Iterator[str]:
    """List what is wrong with disputes that may be lost, and with the value of an order that has any."""
    for dispute in books.disputes.values():
        yield from _of_dispute(books, dispute)
    for refund in books.refunds.values():
        if refund.is_loss:
            yield from _asked_for(books, refund)
        if refund.claims is ClaimState.PAID:
            yield from _paid_for_goods(books, refund)
    for line_id in books.wares.units:
        if any(each.more for each in books.refunds.values()) or not paid_less(books, line_id):
            continue
        yield f"units of {line_id} paid too little, and nobody asked for the rest"
    returned = [each for each in books.refunds.values() if each.claims is ClaimState.PAID]
    for ware in books.wares.units.values():
        yield from _line(books, ware, returned, was_released=was_released)
    yield from _too_much(books, returned, was_released=was_released)
    if books.wares.extra is not None:
        yield from audit_extra(books, returned, was_released=was_released)
    yield from in_own_currency(books, returned, was_released=was_released)
    if not any(refund.by_hand & _OF_POINTS for refund in books.refunds.values()):
        yield from _points(books, returned, was_released=was_released)
    yield from _sending(books)


def audit_held(books: Books) -> Iterator[str]:
    """Nobody is asked for a share, nor credited, while a dispute holds its payment, which keeps what that is about."""
    for each in (*books.provider.refunds, *books.provider.refusals.values()):
        if each.key not in books.on_their_way and books.held.held(each.payment_id, each.at):
            yield f"{each.payment_id} was asked for {each.key} while it was disputed"
    for payment_id, at in books.credited_at:
        if books.held.held(payment_id, at):
            yield f"{payment_id} was credited while it was disputed"
    for dispute in books.disputes.values():
        if dispute.is_about_more_than(books.wares.payments):
            yield f"{dispute.payment_id} is of less than the {dispute.amount} that {dispute.dispute_id} is about"


def _of_dispute(books: Books, dispute: ModelDispute) -> Iterator[str]:
    losses = [books.refunds[each] for each in dispute.losses]
    lost = sum(sum(each.off.values()) for each in losses)
    if lost > dispute.amount:
        yield f"{lost} is counted as lost in {dispute.dispute_id}, which is about {dispute.amount}"
    for each in losses:
        is_over = RefundStatus.CANCELLED if dispute.status is DisputeStatus.WON else RefundStatus.COMPLETED
        if each.status is not is_over:
            yield f"{dispute.dispute_id} is {dispute.status}, and {each.refund_id}, which it counts as, {each.status}"
    if dispute.status is DisputeStatus.LOST:
        paid = [
            each.payouts[dispute.payment_id] for each in books.refunds.values() if dispute.payment_id in each.payouts
        ]
        gone = sum(each.amount for each in paid if each.status is PayoutStatus.SUCCEEDED)
        if gone + _kept_back(books) < dispute.amount:
            yield f"{gone} of {dispute.payment_id} is counted, of which {dispute.amount} was lost"
    if dispute.uncounted > _kept_back(books):
        yield f"{dispute.uncounted} of {dispute.dispute_id} is not counted although everything is over"


def _kept_back(books: Books) -> int:
    """What refunds that are paid kept back for what had been granted or given: no goods are left for so much."""
    settled = [each.settled for each in books.refunds.values() if each.claims is ClaimState.PAID]
    return max(sum(each.coupon_off + each.gift for each in settled if each is not None), 0)


def _asked_for(books: Books, loss: RefundBook) -> Iterator[str]:
    """Nobody asks a provider, or gives credit, for what the bank took."""
    for paid in (*books.provider.refunds, *books.provider.refusals.values()):
        if paid.key.startswith(f"{loss.refund_id}-"):
            yield f"{loss.refund_id} was lost at the bank, and {paid.payment_id} was asked for it"
    if any(key.startswith(f"{loss.refund_id}-") for _, key in books.credited):
        yield f"{loss.refund_id} was lost at the bank, and credited"


def _paid_for_goods(books: Books, refund: RefundBook) -> Iterator[str]:
    """A refund pays what is left of its units, less what is missing of coupon and gift; a loss what the bank took."""
    paid, worth = sum(each.worth for each in refund.payouts.values()), amount_of(books, refund)
    if refund.settled is not None:
        beside = refund.settled.extra + sum(refund.settled.shipping) + refund.settled.sending_lost
        beside += refund.settled.overpaid
        worth += beside - refund.settled.coupon_off - refund.settled.gift
    if paid != worth:
        yield f"{paid} was paid for what is left of {refund.refund_id}, which is {worth}"


def _too_much(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """Cents that were paid too much go once: to the bank, or back with the last unit."""
    paid = books.wares.payments.overpaid
    gone = sum(each.settled.overpaid for each in returned if each.settled is not None)
    if not 0 <= gone <= paid or (books.all_paid and gone < paid and not was_released):
        yield f"{gone} of {paid} that was paid too much is gone"


def _line(books: Books, ware: Ware, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """No unit comes back twice, and of its price no more than it cost: all of that with all of its units."""
    came = Counter(unit for each in returned for unit in units_by_line(each).get(ware.line_id, ()))
    yield from (f"unit {unit} of {ware.line_id} came back {times} times" for unit, times in came.items() if times > 1)
    money = sum(amounts_of(books, each)[ware.line_id] for each in returned)
    is_less = len(came) == ware.quantity and money < ware.paid and not was_released
    if money > ware.paid or is_less:
        yield f"{money} of the {ware.paid} of {ware.line_id} is gone, with {len(came)} of {ware.quantity} units back"


def _sending(books: Books) -> Iterator[str]:
    """What sending a parcel cost goes once: to the bank, or back with its units.

    What the bank took is of no parcel. Where a loss was given up after its units were back, nothing may be left that
    brings the rest.
    """
    paid = [each for each in books.refunds.values() if each.claims is ClaimState.PAID and each.settled is not None]
    was_released = any(each.claims is ClaimState.RELEASED for each in books.refunds.values())
    came = {(line_id, unit) for each in paid for line_id, units in units_by_line(each).items() for unit in units}
    settled = [each.settled for each in paid if each.settled is not None]
    back, lost = [each.shipping for each in settled], sum(each.sending_lost for each in settled)
    for place, parcel in enumerate(books.wares.parcels):
        gone = sum(each[place] for each in back if place < len(each))  # one that came with a version is newer than some
        is_all = all((line_id, unit) in came for line_id, units in parcel.units.items() for unit in units)
        if gone > parcel.cost or (is_all and gone + lost < parcel.cost and not was_released):
            yield f"{gone} is gone of the {parcel.cost} for sending {parcel.shipment_id}"
    cost, gone = sum(each.cost for each in books.wares.parcels), lost + sum(sum(each) for each in back)
    if gone > cost or (len(came) >= books.wares.count and gone < cost and not was_released):
        yield f"{gone} is gone of the {cost} for sending everything"


def audit_grants(books: Books, *, was_released: bool) -> Iterator[str]:
    """What the order granted goes back by the money, or by the goods, as points do, whoever has it."""
    returned = [each for each in books.refunds.values() if each.claims is ClaimState.PAID]
    least = most = undone = 0
    for line_id, ware in books.wares.units.items():
        by_money = sum(amounts_of(books, each)[line_id] for each in returned)
        by_goods = line_taken(books, line_id, returned).undone
        undone += by_goods
        low, high = sorted((GRANT * by_money // ware.paid, GRANT * by_goods // ware.paid))
        least, most = least + low, most + high
    taken = GRANT * books.scenario.refunds - granted_credit(books)
    if not least - was_released <= taken <= most + was_released:
        yield f"{taken} of the granted credit was taken back, instead of {least} to {most}"
    charged = sum(each.settled.coupon_charged for each in returned if each.settled is not None)
    whole, money = books.wares.goods, sum(amount_of(books, each) for each in returned)
    low, high = sorted((COUPON_GRANTED * undone // whole, COUPON_GRANTED * money // whole))
    is_gone = books.coupon_taken_by is not None
    low, high = (0, 0) if is_gone else (low - was_released, high + was_released)
    if not low <= charged <= high or (is_gone and undone != whole):
        state = "gone" if is_gone else "the customer's"
        yield f"{charged} was charged for the granted coupon, which is {state}, with {undone} of {whole} undone"


def _points(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """What was spent comes back with units alone; what was earned goes by the money, or by the goods.

    By both alike, unless a loss that returned units had made good was given up after all: then it is between the two.
    Where a refund that was settled is released after all, another has settled the rest of a point with it in mind.
    What was taken back of the order before it changed stays taken back.
    """
    undone = sum(each.undone for each in lines_taken(books, returned).values())
    money = sum(amount_of(books, each) for each in returned)
    sold = (books.wares, books.scenario.wares)
    gone = [min(each.earned * goods // each.goods, each.earned) for each in sold for goods in (undone, money)]
    back = [points for each in sold for points in points_back(each, returned)]
    moved = books.wares.earned - books.wares.points - books.points_spent_since - books.points
    odd = was_released + (odd_points(books, returned) if books.version > 1 else 0)
    if not min(gone) - max(back) - odd <= moved <= max(gone) - min(back) + odd:
        yield f"{moved} points more were taken back than came back, for {undone} of goods and {money} of money"
