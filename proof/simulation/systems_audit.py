"""Looks at the books of other systems: what is back there is what is paid back here, once."""

from collections.abc import Iterator

from domain.lifecycle import RefundStatus
from proof.simulation.books import Books


def audit_systems(books: Books) -> Iterator[str]:
    """What people have skipped or done by hand is theirs to answer for."""
    if not books.scenario.has_systems:
        return
    by_hand = {step for refund in books.refunds.values() for step in refund.by_hand}
    if "return_units" not in by_hand:
        yield from _units(books)
    back = len(books.vouchers.done)
    if not by_hand & {"reinstate_coupons", "withdraw_coupons"} and back != books.coupon:
        yield f"the coupon was given back {books.coupon} times here, and {back} times where it lives"


def _units(books: Books) -> Iterator[str]:
    """Units of a refund whose payout failed, and that was not paid afterwards, stay back there."""
    complete = [each for each in books.refunds.values() if each.status is RefundStatus.COMPLETED]
    others = [each for each in books.refunds.values() if each not in complete and each.round > 1]
    least, returned = sum(each.units for each in complete), books.promotions.returned
    if not least <= returned <= least + sum(each.units for each in others):
        yield f"{returned} units are back in the system of promotions, {least} are paid back"
