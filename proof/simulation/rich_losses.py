"""What refunds take back of what a rich order granted, where the bank may have taken something of its lines.

In whole numbers what `domain/entitlements/grants.py` says of any order (rules 16, 45 and 52).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.claims.claims import ClaimState
from proof.simulation.books import Books
from proof.simulation.figures import COUPON_GRANTED, GRANT
from proof.simulation.order_lines import LineTaken, Units, changes, lines_with
from proof.simulation.refund_book import RefundBook
from proof.simulation.settled import Settled


@dataclass(frozen=True, slots=True)
class GrantsTaken:
    """The credit of each line that is taken, and what the coupon lacks; of what earlier ones deducted for it,
    `returned` comes back and `let_go` is no longer owed.
    """

    credit: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0
    returned: int = 0
    let_go: int = 0
    is_revoked: bool = False
    does_something: bool = False


def grants_taken(books: Books, refund: RefundBook, units: Mapping[str, Units]) -> GrantsTaken:
    """Work out what a refund that is being settled takes, beyond what others have."""
    if not books.scenario.is_rich:
        return GrantsTaken()
    others = [each for each in books.refunds.values() if each is not refund and each.settled is not None]
    before, after = lines_with(books, refund, None), lines_with(books, refund, units)
    changed = [line_id for line_id, line in after.items() if changes(refund, line_id, before[line_id], line)]
    credit = {line_id: _credit(line_id, after[line_id], others) for line_id in changed}
    is_whole = any(after[line_id].is_undone for line_id in changed)
    if not changed or any(each.settled is not None and each.settled.is_revoked for each in others):
        return GrantsTaken(credit, does_something=is_whole or any(credit.values()))
    coupon = _coupon(books, after, others)
    does = is_whole or any(credit.values()) or coupon.does_something
    return GrantsTaken(credit, coupon.missing, coupon.returned, coupon.let_go, coupon.is_revoked, does)


def _credit(line_id: str, line: LineTaken, others: Sequence[RefundBook]) -> int:
    before = sum(each.settled.credit.get(line_id, 0) for each in others if each.settled is not None)
    due = GRANT if line.is_undone else GRANT * line.undone // line.ware.paid
    return max(due - before, 0)


def _coupon(books: Books, lines: Mapping[str, LineTaken], others: Sequence[RefundBook]) -> GrantsTaken:
    """With all of the order's goods it goes whole, where what others took is paid for good, which a loss never is.

    Else a share of it is missing.
    """
    took = [(each, each.settled) for each in others if each.settled is not None and _took(each.settled)]
    amount = sum(so.coupon_charged for _, so in took)
    owed = max(sum(so.owed_for_coupon for _, so in took), 0)
    is_paid = all(each.claims is ClaimState.PAID and not each.is_loss for each, _ in took)
    is_all = all(line.is_undone for line in lines.values())
    if is_all and is_paid:
        let_go = min(amount, owed)
        return GrantsTaken({}, 0, amount - let_go, let_go, is_revoked=True, does_something=True)
    undone = sum(line.undone for line in lines.values())
    due = COUPON_GRANTED if is_all else COUPON_GRANTED * undone // books.wares.goods
    too_much = max(amount - due, 0) if is_paid else 0
    let_go = min(too_much, owed)
    missing = max(due - amount, 0)
    return GrantsTaken({}, missing, too_much - let_go, let_go, does_something=bool(missing or too_much))


def _took(settled: Settled) -> bool:
    """Whether it took anything of the coupon, or gave it back."""
    return bool(settled.coupon_off or settled.coupon_owed or settled.owed_for_coupon or settled.is_revoked)
