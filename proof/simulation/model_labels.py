"""What is done about the label of a return, in the model: one RMA after the other until one of them is not void."""

from activities.returns import IssueReturn, VoidReturn
from domain.claims.claims import ClaimState
from domain.lifecycle import RefundStatus
from domain.steps import Step
from proof.simulation.books import Books
from proof.simulation.refund_book import RefundBook
from proof.simulation.refusals import AlreadyUndone, LabelDeclined
from service.labels import MOST_RMAS
from service.steps import RefundRef


class ModelLabels:
    books: Books

    def of(self, ref: RefundRef) -> RefundBook:
        return self.books.refunds[ref.refund_id]

    def issue_return(self, command: IssueReturn) -> str:
        refund = self.of(command.refund)
        number = self.ask_for_label(command)
        is_first = refund.first_time(command.refund.step(Step.ISSUE_RETURN))
        if number is not None and (is_first or number != refund.rma):
            refund.rma, refund.deliver_by, refund.has_shipped = number, command.deliver_by, False
            refund.status = RefundStatus.AWAITING_RETURN if is_first else refund.status
        return f"RMA-{refund.rma}"

    def ask_for_label(self, command: IssueReturn) -> int | None:
        """Ask the carrier under one RMA after the other, until one of them is not void."""
        refund = self.of(command.refund)
        if refund.claims is ClaimState.RELEASED:
            raise AlreadyUndone("its claims are released")
        number: int | None = refund.rmas
        while number is not None and not self.books.carrier.issue(refund.refund_id, number):
            if number == MOST_RMAS:
                raise LabelDeclined("all of them are void")
            number = self.number_after(refund, command.refund, number)
        return number

    def number_after(self, refund: RefundBook, ref: RefundRef, number: int) -> int | None:
        """Write down which RMA is asked for in the place of a void one; None where none is needed."""
        key = ref.step(Step.ISSUE_RETURN)
        if key in refund.undone:
            raise AlreadyUndone(key)
        if key in refund.effects and refund.is_under_way:
            return None
        refund.rmas = number + 1
        return refund.rmas

    def void_return(self, command: VoidReturn) -> None:
        refund = self.of(command.refund)
        for number in range(1, refund.rmas + 1):
            self.books.carrier.void(refund.refund_id, number)
        refund.bury(command.refund.step(Step.ISSUE_RETURN))
