"""What a log says of what is expected: one line, without the way the code took to it."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.refunds import AlreadyPaid
from db.steps import AlreadyUndone
from domain.refusals import RefundRejected
from gateways.ports import Declined, TryLater

PASSES = (SQLAlchemyError, RPCError, OSError)
"""What passes by itself: a server that restarts, a network that is down for a moment."""

_EXPECTED = (*PASSES, ApplicationError, AlreadyPaid, AlreadyUndone, Declined, TryLater, RefundRejected)
_LONGEST = 300


class ExpectedInOneLine(logging.Filter):
    """Takes the traceback from records of what is expected to happen; a bug keeps its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _EXPECTED):
            record.msg, record.args = f"{record.getMessage()}: {in_one_line(error)}", ()
            record.exc_info = record.exc_text = None
        return True


def in_one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:_LONGEST]}"
