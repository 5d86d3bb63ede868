"""The approvals of a refund that needs several: each by another key, and none counts twice (rule 54)."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.rights.approvals import Approval, why_not_counted
    from workflows.contract import OTHER_APPROVER_NEEDED, ReviewInput


class ApprovalsGiven:
    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.given: tuple[Approval, ...] = ()

    def check(self, said: ReviewInput) -> None:
        """Raise ApplicationError for an approval that does not count beside those before; what rejects is anybody's."""
        wrong = why_not_counted(said.key_id, self.given, self.needed) if said.approves else None
        if wrong:
            raise ApplicationError(wrong, type=OTHER_APPROVER_NEEDED, non_retryable=True)

    def is_in_part(self, said: ReviewInput) -> bool:
        """Whether it is an approval after which another one is needed."""
        return said.approves and len(self.given) + 1 < self.needed

    def count(self, said: ReviewInput) -> None:
        self.given = (*self.given, Approval(said.key_id, said.by, said.note))

    def begin_again(self) -> None:
        """What was approved before says nothing of what is decided next."""
        self.given = ()

    def __str__(self) -> str:
        return f"{len(self.given)} of {self.needed} approvals are there"
