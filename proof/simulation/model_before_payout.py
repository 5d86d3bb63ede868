"""What each activity does to the books before the pivot; the names are those of the real activities."""

from dataclasses import replace
from typing import Any

from activities.listening import Heard, Listen, Unheard
from activities.recollection import Decided, Recollection
from activities.refunds import CloseRefund, RecordCancel
from activities.reopening import Load, Opening
from activities.review import Assessment, ReviewDecision
from activities.settlement import HoldSettlement, ReleaseSettlement, SettlementSummary
from domain.claims.claims import ClaimState
from domain.lifecycle import UNDECIDED, PaidBy, PayoutStatus, RefundStatus
from domain.rights.review import Decision, WaitsBecause
from domain.said import CONFLICTING_STATE, TOO_LATE, Overruled, WordKind
from domain.steps import Step
from proof.simulation.closed_words import close_words
from proof.simulation.losses import asks_about_lost, decide_about_lost
from proof.simulation.model_parcels import ModelParcels
from proof.simulation.order_lines import absorbed_by, paid_less, units_by_line
from proof.simulation.recollecting import may_be_paid, reached, recollection
from proof.simulation.refund_book import RefundBook
from proof.simulation.refusals import (
    AlreadyUndone,
    NotApproved,
    RefusedByBooks,
    RunIsBehind,
)
from proof.simulation.settled import Settled
from service.steps import RefundRef

_UNDER_WAY = (*UNDECIDED, PayoutStatus.SUCCEEDED)


class ModelBeforePayout(ModelParcels):
    def request(self, refund: RefundBook) -> None:
        """Ask for a refund, as the API does: what it would come to now is its quote, of the order as it is now."""
        refund.quoted, refund.asked_of = self.quote(refund), self.books.version

    def quote(self, refund: RefundBook) -> Settled:
        return self.work_out(refund, refund.quantity, beside_comes=bool(refund.beside))

    def ask_for_what_was_paid(self) -> None:
        """Ask for what was paid although refunds had lessened it, as the API does with the snapshot (rule 50)."""
        refund = RefundBook(f"P{len(self.books.refunds)}", quantity=0, is_after_all=True)
        if self.of_what_was_paid(refund).after_all:
            self.request(refund)
            self.books.refunds[refund.refund_id] = refund

    def take_external(self, refund: RefundBook) -> None:
        """Take down money that went back elsewhere, as the API does: settled, held and paid in its own transaction."""
        self.request(refund)
        refund.first_time(RefundRef(refund.refund_id, "m").step(Step.HOLD))
        self.settle(refund, None)
        for payout in refund.payouts.values():
            payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.EXTERNAL

    def assess_refund(self, ref: RefundRef) -> Assessment:
        if ref.step(Step.LOSS) in self.of(ref).effects:
            return replace(self.books.scenario.assessment, rule=None, waits_because=(WaitsBecause.PARCEL_LOST,))
        assessment = self.books.scenario.assessment
        if not self.of(ref).line_id:
            waits = (WaitsBecause.REASON_NOT_LISTED,)
            return replace(assessment, rule=None, waits_because=waits, goods_come_back=False)
        is_external = ref.refund_id == self.books.scenario.external
        return replace(assessment, goods_come_back=assessment.goods_come_back and not is_external)

    def record_decision(self, command: ReviewDecision) -> None:
        refund = self.of(command.refund)
        body: dict[str, Any] = {"decision": command.decision, "by": command.by, "note": command.note}
        body |= {"key_id": command.key_id} if command.key_id else {}
        before = dict(refund.words), dict(refund.effects), dict(refund.latest)
        if not refund.notes("decision", command.message_id, command.refund.round, command.word, body):
            return
        if refund.is_overtaken("decision", command.sent_at):
            self._forget(refund, command.word)
            return
        try:
            self._refuse_if_others_approved(refund, command)
            self._refuse_if_paid(refund, command.refund)
            self._refuse_if_decided(refund, command.refund)
        except RefusedByBooks:  # nothing of its transaction stays
            refund.words, refund.effects, refund.latest = before
            raise
        if command.approvals_needed == 1 or refund.decided is not None:
            self._supersede(refund, WordKind.REVIEW, command.word, command.heard)
        if command.is_in_part:
            refund.approvals = command.with_those_before
            refund.said.append(("review", command.decision, command.note))
            return
        decision = Decision.APPROVE if command.approves else command.decision
        refund.decided = Decided(decision, command.by, command.rule, command.note, command.reason_code)
        if command.decision is not Decision.REQUEST_EVIDENCE:
            refund.approvals = ()
        if command.decision is not Decision.REQUEST_EVIDENCE:
            decide_about_lost(refund, command.decision)
        refund.said.append(("review", command.decision, command.note))
        if command.word is not None and refund.status.is_final:
            refund.moot.add(command.word.word_id)
        if command.decision is Decision.REJECT and not command.approves:
            refund.events.add("review_rejected")
        if command.approves and not refund.status.is_final:
            if refund.received_lines:
                refund.move(RefundStatus.INSPECTING)
            elif command.is_of_lost_parcel:
                is_under_way = refund.has_shipped or command.refund.round > 1
                refund.move(RefundStatus.IN_TRANSIT if is_under_way else RefundStatus.AWAITING_RETURN)

    def _refuse_if_others_approved(self, refund: RefundBook, command: ReviewDecision) -> None:
        if command.approvals_needed > 1 and refund.approvals != command.approvals:
            raise RunIsBehind("it has other approvals than the run knows")

    def _refuse_if_decided(self, refund: RefundBook, ref: RefundRef) -> None:
        is_approved = refund.decided is not None and refund.decided.decision is Decision.APPROVE
        if is_approved and ref.step(Step.ISSUE_RETURN) in refund.effects and ref.step(Step.LOSS) not in refund.effects:
            raise RunIsBehind("it was approved, and its label is made")
        if refund.lost and not asks_about_lost(refund):
            raise RunIsBehind("what becomes of the lost parcels is decided")

    def record_cancel(self, command: RecordCancel) -> None:
        refund = self.of(command.refund)
        if not refund.status.is_final:
            is_new = refund.notes("cancel", command.message_id, command.refund.round, command.word, _cancel(command))
            if is_new and not any(may_be_paid(each) for each in refund.payouts.values()):
                refund.called_off.add(min(command.refund.round, refund.round))

    def hold_settlement(self, command: HoldSettlement) -> SettlementSummary:
        refund = self.of(command.refund)
        if refund.claims is ClaimState.RELEASED:
            raise AlreadyUndone("its claims are released")
        is_approved = refund.decided is not None and refund.decided.decision is Decision.APPROVE
        if not is_approved and command.refund.step(Step.HOLD) not in refund.effects.keys() | refund.undone:
            raise NotApproved("it is not approved")
        if refund.first_time(command.refund.step(Step.HOLD)):
            self.settle(refund, command.accepted)
        assert refund.settled is not None and refund.quoted is not None
        differs = refund.settled.customer_gets != refund.quoted.customer_gets
        return self.summary(refund, differs=differs)

    def release_settlement(self, command: ReleaseSettlement) -> None:
        refund = self.of(command.refund)
        if not command.run.startswith(refund.run):
            return
        if refund.round != command.refund.round:
            return
        self._refuse_if_paid(refund, command.refund)
        if refund.bury(command.refund.step(Step.HOLD)):
            refund.held = "released"
            refund.let_go()

    def recall_settlement(self, ref: RefundRef) -> SettlementSummary:
        refund = self.of(ref)
        if refund.settled is None and not refund.is_loss:  # so late that the refund was refused meanwhile
            raise AlreadyUndone("nothing is settled")
        return self.summary(refund, differs=False)

    def release_claims(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round <= ref.round and ref.step(Step.HOLD) not in refund.effects:
            refund.bury(ref.step(Step.CLAIM_AGAIN))
            refund.claims, refund.round = ClaimState.RELEASED, ref.round

    def claim_again(self, ref: RefundRef) -> str | None:
        refund = self.of(ref)
        is_known = ref.step(Step.CLAIM_AGAIN) in refund.effects.keys() | refund.undone
        if not is_known and not self.take_again(refund):
            return "the unit is another refund's"
        if refund.first_time(ref.step(Step.CLAIM_AGAIN)):
            refund.claims, refund.round = ClaimState.CLAIMED, ref.round
            refund.status, refund.decided, refund.lost = RefundStatus.IN_REVIEW, None, ()
            refund.approvals = ()
            refund.absorbed = absorbed_by(self.books, refund, units_by_line(refund))
            refund.bury(ref.round_before.step(Step.CLOSE))
        return None

    def load(self, command: Load) -> Recollection:
        ref, refund = command.refund, self.of(command.refund)
        is_late = refund.begun is not None and refund.begun.since > command.since
        if command.opening is Opening.REQUESTED and refund.run in ("", command.run) and not is_late:
            refund.run, refund.since = command.run, command.since
            nothing = Recollection(ref, RefundStatus.IN_REVIEW, None, (), None, *(False,) * 4, is_first=True)
            return replace(nothing, assessment=self.assess_refund(ref)) if command.assesses else nothing
        if command.run in refund.told_to:
            return refund.told_to[command.run]
        now, status = replace(ref, round=refund.round), refund.status
        if is_late or (refund.since is not None and refund.since >= command.since):  # a later run goes on with it
            return refund.told_to.setdefault(command.run, recollection(refund, now, status, command.since))
        refund.run, refund.since = command.run, command.since
        self._void_calls(refund)
        if command.opening is Opening.REOPENED_FOR_PARCEL:
            refund.undone.discard(now.next_round.step(Step.CLAIM_AGAIN))
        if not command.opening.reopens:
            refund.bury(now.next_round.step(Step.CLAIM_AGAIN))
            if refund.attention is not None and not status.is_final:
                status = refund.status = reached(refund, now)
                refund.attention = None
        told = refund.told_to[command.run] = recollection(refund, now, status, command.since)
        if told.is_past_the_pivot:  # paid by another attempt of a task in which it was called off and that was lost
            refund.called_off.discard(now.round)
        for each in refund.words.values():
            each.is_taken_up = True
        return told

    def _void_calls(self, refund: RefundBook) -> None:
        """What earlier runs ask of people does not stand any more."""
        calls, own = Step.ATTENTION.said(""), Step.ATTENTION.said(refund.run)
        for each in [step for step in refund.effects if step.startswith(calls) and not step.startswith(own)]:
            refund.bury(each)

    def listen(self, command: Listen) -> Heard:
        refund = self.of(command.refund)
        if refund.run != command.run:
            return Heard((), is_behind=True, is_shown=True)
        rows = [row for row in refund.words.values() if not row.is_refusal]
        unknown = [row for row in rows if row.word.word_id not in command.heard]
        waiting = [row for row in unknown if not row.is_taken_up and row.word.word_id not in command.overruled]
        for row in rows:
            row.is_taken_up |= row.word.word_id in command.taken_up
            if row.word.word_id in command.overruled and not row.is_taken_up:
                row.is_taken_up, row.overruled = True, Overruled(CONFLICTING_STATE, TOO_LATE)
        is_shown = refund.attention is not None
        if is_shown and not command.asks:
            refund.attention, refund.status = None, command.status
        is_behind = len(unknown) > command.loaded + len(command.overruled) + len(waiting)
        return Heard(tuple(Unheard(row.word, row.body) for row in waiting), is_behind, is_shown)

    def close_refund(self, command: CloseRefund) -> None:
        refund = self.of(command.refund)
        if command.message_id.startswith(refund.run):
            if command.status is not RefundStatus.COMPLETED and command.refund.step(Step.CLOSE) not in refund.effects:
                self._refuse_if_paid(refund, command.refund)
            is_first = refund.first_time(command.refund.step(Step.CLOSE))
            refund.move(command.status)
            close_words(refund, command)
            if not is_first:
                return
            if command.status is not RefundStatus.COMPLETED:
                self._let_go_of_what_is_left(refund, command)
                self.ask_for_what_was_paid_less(refund)
                steps = (command.refund.step(step) for step in (Step.CLAIM_AGAIN, Step.ISSUE_RETURN, Step.HOLD))
                refund.undone.update(step for step in steps if step not in refund.effects)

    def ask_for_what_was_paid_less(self, given_up: RefundBook) -> None:
        """Ask for what units paid less for a loss that is won after all, as makewhole does by itself (rule 52)."""
        more = {line_id: paid_less(self.books, line_id) for line_id in given_up.off}
        more = {line_id: amount for line_id, amount in more.items() if amount}
        brings_shipping = self._brings_shipping(given_up)
        if more or brings_shipping:
            refund = RefundBook(f"P{len(self.books.refunds)}", quantity=0, more=more, brings_shipping=brings_shipping)
            self.request(refund)
            self.books.refunds[refund.refund_id] = refund

    def _brings_shipping(self, given_up: RefundBook) -> bool:
        """Whether a loss had taken of the shipping, and what is back had brought that."""
        had_taken = given_up.lost_as is not None and given_up.lost_as.sending_lost > 0
        return had_taken and any(self.shipping_paid_less())

    def _let_go_of_what_is_left(self, refund: RefundBook, command: CloseRefund) -> None:
        ref = command.refund
        confirmed = ref.step(Step.CONFIRM_PAYOUTS) in refund.effects.keys() | refund.undone
        if confirmed or any(each.status in _UNDER_WAY for each in refund.payouts.values()):
            return
        if refund.claims is not ClaimState.RELEASED:
            is_by_hand = any(
                step.startswith("release_") and action in ("skip", "settle") for step, action in refund.resolved
            )
            # An attempt of an ended run had claimed for a parcel: whoever brought it says so again.
            is_opened_by_another = command.why.endswith("it is not opened for a parcel")
            if not is_by_hand and not is_opened_by_another and not refund.is_loss:
                self.books.wrong(f"{refund.refund_id} was closed before it was released, and nobody had skipped that")
            refund.let_go()
            refund.bury(ref.step(Step.HOLD))
            refund.held = "released" if refund.held == "held" else refund.held

    def notify(self, command: Any) -> None:
        told, in_round = self.of(command.refund).told, command.refund.round
        for each in command.told:
            for topic in each.topics:
                told.setdefault((in_round, topic, each.subject), each.note)
            if each.of_entitlements:
                told[in_round, "entitlements", ""] = ""

    def notify_entitlements(self, ref: RefundRef) -> None:
        self.of(ref).told[(ref.round, "entitlements", "")] = ""

    def notify_withdrawals(self, ref: RefundRef) -> None:
        self.of(ref).told[(ref.round, "withdrawals", "")] = ""


def _cancel(command: RecordCancel) -> dict[str, str]:
    return {"by": command.by, "note": command.note, "role": command.role}
