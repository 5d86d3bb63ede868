"""What a refund brings back of a line that is no unit, in the model (rule 47)."""

from collections.abc import Sequence
from dataclasses import dataclass

from proof.simulation.books import Books
from proof.simulation.parcels import Returned
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import GIFT, PART, Extra


@dataclass(frozen=True, slots=True)
class Back:
    """What a refund brings back of a line, and of what is beside it: how many units, what they cost, their points,
    and the units by their numbers.
    """

    line_id: str
    count: int
    goods: int
    points: int
    units: Returned


NOTHING_BACK = Back("", 0, 0, 0, {})


def units_back(refund: RefundBook) -> Returned:
    """The units that come back with a refund that is settled."""
    has_gift = refund.has_gift and refund.settled is not None and refund.settled.beside_comes
    beside = [PART] * bool(refund.parts) + [GIFT] * has_gift
    return {refund.line_id: frozenset(refund.claimed), **dict.fromkeys(beside, frozenset({0}))}


def extra_back(books: Books, others: Sequence[RefundBook], back: Back) -> int:
    """Work out what of the extra comes back with these units, `others` being settled.

    A fee for a fault of the merchant's with the first units, gift wrap with the first units in any case, a tip never.
    A deposit in proportion to the goods, with the last of them the rest. Of an order with a bundle, the extra is of
    that.
    """
    wares, kind = books.wares, books.scenario.kind
    if wares.extra is None or kind.extra is Extra.TIP:
        return 0
    own = {line_id: each for line_id, each in wares.units.items() if not kind.parts or line_id in ("l1", PART)}
    if not back.count or back.line_id not in own:
        return 0
    before = [each.settled for each in others if each.settled is not None]
    left = wares.extra.paid - sum(each.extra for each in before)
    if kind.extra is Extra.DEPOSIT:
        with_it = [each for each in others if each.line_id in own]
        goods = back.goods + sum(each.settled.goods for each in with_it if each.settled is not None)
        count = back.count + sum(each.units + each.parts for each in with_it)
        if count == sum(each.quantity for each in own.values()):
            return left
        due = wares.extra.paid * goods // sum(each.paid for each in own.values())
        return min(max(due - (wares.extra.paid - left), 0), left)
    return 0 if kind.extra is Extra.FEE and kind.is_for_no_fault else left
