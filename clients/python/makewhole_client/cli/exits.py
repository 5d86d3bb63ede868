"""What the exit codes mean."""

from enum import IntEnum

from makewhole_client.errors import (
    BulkNotInTime,
    EndedOtherwise,
    MakewholeError,
    NotInTime,
    ServerFault,
    TooManyRequests,
    Unreachable,
)
from makewhole_client.models import RefundStatus


class Exit(IntEnum):
    """How a command ended; 2 is a command that is not written as it should be."""

    DONE = 0
    REFUSED = 1
    NOT_A_COMMAND = 2
    REJECTED = 3
    CANCELLED = 4
    EXPIRED = 5
    NOT_IN_TIME = 6
    UNREACHABLE = 7


_ENDS = {
    RefundStatus.COMPLETED: Exit.DONE,
    RefundStatus.REJECTED: Exit.REJECTED,
    RefundStatus.CANCELLED: Exit.CANCELLED,
    RefundStatus.EXPIRED: Exit.EXPIRED,
}


def code_of(error: MakewholeError) -> Exit:
    if isinstance(error, NotInTime | BulkNotInTime):
        return Exit.NOT_IN_TIME
    if isinstance(error, Unreachable | ServerFault | TooManyRequests):
        return Exit.UNREACHABLE
    return code_of_end(error.refund.status) if isinstance(error, EndedOtherwise) else Exit.REFUSED


def code_of_end(status: RefundStatus) -> Exit:
    """How a refund ended, as an exit code."""
    return _ENDS.get(status, Exit.NOT_IN_TIME)
