"""What is said of a return's parcels, in the books; the names are those of the real activities."""

from dataclasses import replace

from activities.parcels import Inspection
from activities.returns import (
    RECEIVABLE,
    UNDER_WAY,
    LateParcel,
    RecordInspection,
    RecordLoss,
    RecordReceipt,
    RecordShipment,
    with_parcel,
)
from db.codec import to_json
from domain.lifecycle import RefundStatus
from domain.said import CONFLICTING_STATE, NOT_AVAILABLE, TOO_LATE, Overruled, Word, WordKind
from domain.steps import Step
from proof.simulation.losses import is_behind, is_receivable, may_be_lost, note_loss
from proof.simulation.model_attention import ModelAttention
from proof.simulation.model_settlement import ModelSettlement
from proof.simulation.recollecting import may_be_paid
from proof.simulation.refund_book import RefundBook, WordRow
from proof.simulation.refusals import AlreadyPaid, RunIsBehind
from service.steps import RefundRef


class ModelParcels(ModelSettlement, ModelAttention):
    def record_shipment(self, command: RecordShipment) -> None:
        refund, body = self.of(command.refund), to_json(command.shipment)
        if not refund.notes("shipment", command.message_id, command.refund.round, command.word, body):
            return
        if refund.status not in RECEIVABLE:
            self._leave_off(refund, command.refund, command.word)
            return
        refund.shipped += 1
        refund.has_shipped = True
        refund.events.add("shipped")
        if refund.status in UNDER_WAY:
            refund.status = with_parcel(command.status, refund.status, RefundStatus.IN_TRANSIT)
        refund.said.append(("shipment", command.shipment.tracking_number))

    def record_receipt(self, command: RecordReceipt) -> tuple[tuple[str, int], ...]:
        refund, body = self.of(command.refund), to_json(command.receipt)
        if refund.notes("receipt", command.message_id, command.refund.round, command.word, body):
            arrived = dict(command.receipt.received)
            left = refund.quantity - refund.received if arrived.get(refund.line_id) else 0
            left += 1 - refund.beside_received if arrived.get(refund.beside) else 0
            if is_receivable(refund) and left > 0 and not self._is_inspected(refund):
                refund.received = min(refund.received + arrived.get(refund.line_id, 0), refund.quantity)
                refund.beside_received = min(refund.beside_received + arrived.get(refund.beside, 0), 1)
                status = with_parcel(command.status, refund.status, RefundStatus.INSPECTING)
                if status is not refund.status:
                    refund.move(status)
                refund.said.append(("receipt", command.receipt.actor))
                refund.parcels[command.receipt.actor] = command.receipt.received
            else:
                self._leave_off(refund, command.refund, command.word)
        return refund.received_lines

    def _is_inspected(self, refund: RefundBook) -> bool:
        of_round = (row for row in refund.words.values() if row.round == refund.round and row.overruled is None)
        return refund.inspection is not None and any(row.word.kind is WordKind.INSPECTION for row in of_round)

    def record_loss(self, command: RecordLoss) -> None:
        refund, body = self.of(command.refund), to_json(command.loss)
        if not refund.notes("loss", command.message_id, command.refund.round, command.word, body):
            if is_behind(refund, command):
                raise RunIsBehind("all of it is lost")
            return
        if may_be_lost(refund, command, is_inspected=self._is_inspected(refund)):
            note_loss(refund, command)
        else:
            self._leave_off(refund, command.refund, command.word)

    def note_late_parcel(self, command: LateParcel) -> None:
        refund = self.of(command.refund)
        if refund.first_time_in_run(f"late_parcel:{command.message_id}", command.message_id):
            for word in command.words:
                overruled = Overruled(NOT_AVAILABLE, command.why)
                refund.words.setdefault(word.word_id, WordRow(word, command.refund.round, {}, True, overruled))
            refund.said.append(("receipt", command.actor))

    def record_inspection(self, command: RecordInspection) -> Inspection | None:
        refund, body = self.of(command.refund), to_json(command.inspection)
        if not refund.notes("inspection", command.message_id, command.refund.round, command.word, body):
            return None
        if command.refund.step(Step.HOLD) in refund.effects:
            if refund.inspection is not None and not refund.inspection.agrees_with(command.inspection):
                self._forget(refund, command.word)
                return replace(refund.inspection, actor="makewhole")  # the rows don't say who it was
            if refund.status.is_final and command.word is not None:
                refund.moot.add(command.word.word_id)
            refund.said.append(("inspection", command.inspection.actor))
        elif refund.is_overtaken("inspection", command.sent_at):
            self._forget(refund, command.word)
        else:
            self._supersede(refund, WordKind.INSPECTION, command.word)
            refund.inspection = command.inspection
            refund.events.add("inspected")
            refund.said.append(("inspection", command.inspection.actor))
        return None

    def _leave_off(self, refund: RefundBook, ref: RefundRef, word: Word | None) -> None:
        self._forget(refund, word)
        self._refuse_if_paid(refund, ref)
        if not refund.status.is_final:
            raise RunIsBehind("nothing of a parcel is awaited")

    def _forget(self, refund: RefundBook, word: Word | None) -> None:
        """What was noted just now is not done after all: a later attempt may."""
        if word is not None:
            del refund.words[word.word_id]

    def _supersede(self, refund: RefundBook, kind: WordKind, by: Word | None, heard: tuple[str, ...] = ()) -> None:
        for each in refund.words.values():
            is_other = by is None or each.word.word_id != by.word_id
            if is_other and each.word.kind is kind and not each.is_taken_up and each.word.word_id not in heard:
                each.is_taken_up, each.overruled = True, Overruled(CONFLICTING_STATE, TOO_LATE)

    def _refuse_if_paid(self, refund: RefundBook, ref: RefundRef) -> None:
        if any(may_be_paid(each) for each in refund.payouts.values()):
            raise AlreadyPaid("it is being paid")
        confirmed = ref.step(Step.CONFIRM_PAYOUTS)
        if confirmed in refund.effects or confirmed in refund.undone:
            raise AlreadyPaid("it is paid")
