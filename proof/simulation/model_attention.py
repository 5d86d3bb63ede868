"""What people are asked and what they answer does to the books; the names are those of the real activities."""

from typing import Any

from activities.attention import AttentionGiven, AttentionNeeded, NotUnderstood
from activities.from_temporal import SignalledApproval
from activities.payouts import TRANSFER_FAILED
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.steps import Step
from proof.simulation.model_labels import ModelLabels
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.refusals import AlreadyPaid, AlreadyUndone, AsksSomethingElse, RunIsBehind


class ModelAttention(ModelLabels):
    def ask_for_attention(self, command: AttentionNeeded) -> None:
        refund = self.of(command.refund)
        if command.begun is not None and (refund.begun is None or refund.begun.since <= command.begun.since):
            refund.begun = command.begun
        key = Step.ATTENTION.said(command.message_id)
        is_complete = refund.status is RefundStatus.COMPLETED and refund.round == command.refund.round
        if is_complete and key not in refund.effects and command.message_id.startswith(refund.run):
            raise AlreadyPaid("it is complete")
        if refund.first_time_in_run(key, command.message_id, refund.status):
            refund.attention, refund.status = command, RefundStatus.NEEDS_ATTENTION

    def note_unheard(self, command: NotUnderstood) -> None:
        self.of(command.refund).first_time(Step.UNHEARD.said(command.message_id))

    def admit_signal(self, command: SignalledApproval) -> None:
        """Reviewers who signal are within what the policy allows: nothing is refused."""

    def note_resolution(self, command: AttentionGiven) -> None:
        refund = self.of(command.refund)
        body = {"step": command.step, "action": command.action, "by": command.actor, "note": command.note}
        call = Step.ATTENTION.said(command.message_id)
        is_of_run, before = command.said.startswith(refund.run), (dict(refund.words), dict(refund.effects))
        known = refund.words.get(command.word.word_id) if command.word is not None else None
        if is_of_run and known is not None and not known.is_refusal:
            share = refund.payouts.get(command.settled or "")
            if share is not None and share.status is not PayoutStatus.SUCCEEDED:
                raise AsksSomethingElse("it was for another share")
        if refund.notes("resolution", command.said, command.refund.round, command.word, body, call):
            if is_of_run and refund.attention is not None and refund.attention.message_id != command.message_id:
                refund.words, refund.effects = before
                raise AsksSomethingElse("people see another call for help")
            if command.settled is not None and command.settled not in refund.payouts:
                refund.words, refund.effects = before
                raise AlreadyUndone("nothing is to be paid any more")
            if not is_of_run and before[1].get(call) is not None:  # else nobody was shown that call
                self.books.wrong(f"{refund.refund_id} took an answer to what a run that had ended asked")
            if command.word is not None and refund.status.is_final and is_of_run:
                refund.moot.add(command.word.word_id)
            if command.settled is not None:
                self._refuse_if_it_was_won(refund, command.settled, before)
                _settle_by_hand(refund.payouts[command.settled])
            if command.failed in refund.payouts:
                if refund.payouts[command.failed].status is PayoutStatus.SUCCEEDED:
                    refund.words, refund.effects = before
                    raise AsksSomethingElse("it is paid")
                _fail_by_hand(refund.payouts[command.failed])
            if is_of_run:
                _leave_attention(refund, command)
            refund.resolved.append((command.step, command.action))
            refund.said.append(("resolve", command.note if command.word is not None else ""))

    def _refuse_if_it_was_won(self, refund: RefundBook, payment_id: str, before: tuple[Any, Any]) -> None:
        try:
            self.refuse_if_given_up(refund, refund.payouts[payment_id])
        except RunIsBehind:
            refund.words, refund.effects = before
            raise

    def refuse_if_given_up(self, refund: RefundBook, payout: BookedPayout) -> None:
        """What the bank took and gave again is asked of nobody (rule 52)."""
        if refund.is_loss and payout.status is PayoutStatus.DECLINED:
            raise RunIsBehind("the dispute was won after all")


def _leave_attention(refund: RefundBook, command: AttentionGiven) -> None:
    before = refund.effects.get(Step.ATTENTION.said(command.message_id))
    if refund.status is RefundStatus.NEEDS_ATTENTION:
        refund.status = command.status if before in (None, RefundStatus.NEEDS_ATTENTION) else before
    refund.attention = None


def _settle_by_hand(payout: BookedPayout) -> None:
    if payout.status is not PayoutStatus.SUCCEEDED:
        payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.HAND


def _fail_by_hand(payout: BookedPayout) -> None:
    if payout.status is not PayoutStatus.DECLINED:
        payout.status, payout.decline_code = PayoutStatus.DECLINED, TRANSFER_FAILED
