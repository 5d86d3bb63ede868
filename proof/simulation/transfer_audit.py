"""What people transferred, by the books alone: two had approved it, and what came back was told and paid again."""

from collections.abc import Iterator

from domain.explain.messages import Topic
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.rights.review import Decision
from domain.said import WordKind
from proof.simulation.play import Play
from proof.simulation.refund_book import RefundBook


def audit_transfers(world: Play) -> Iterator[str]:
    for refund in world.books.refunds.values():
        to_bank = [each for each in refund.payouts.values() if each.is_to_bank]
        if any(each.status is not PayoutStatus.PLANNED for each in to_bank):
            yield from _approved_by_two(refund)
    for refund_id, in_round, answers in world.books.sent_back:
        refund = world.books.refunds[refund_id]
        is_as_before = (
            refund.round == in_round or len(refund.resolved) == answers
        )  # people pay it, or have it tried anew
        if refund.status is RefundStatus.COMPLETED and is_as_before:
            yield f"{refund_id}: what the bank sent back was never paid again"
        told = {topic for of_round, topic, _ in refund.told if of_round in (in_round, in_round + 1)}
        if Topic.PAYOUT_FAILED not in told and "notify" not in refund.by_hand:
            yield f"{refund_id}: the bank sent its money back, and the customer was not told"


def _approved_by_two(refund: RefundBook) -> Iterator[str]:
    words = (row for row in refund.words.values() if row.word.kind is WordKind.REVIEW and row.overruled is None)
    keys = {row.body.get("key_id") for row in words if row.body["decision"] == Decision.APPROVE}
    if len(keys) < refund.approvals_needed:
        yield f"{refund.refund_id}: money went to a bank account, approved with {sorted(map(str, keys))}"
