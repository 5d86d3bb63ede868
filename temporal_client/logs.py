"""What a worker's log says: which refund it is about, and of what is expected no more than a sentence."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.refunds import AlreadyPaid
from db.steps import AlreadyUndone
from domain.refusals import RefundRejected
from gateways.ports import Declined, TryLater
from workflows.contract import refund_of, workflow_id

PASSES = (SQLAlchemyError, RPCError, OSError)
"""What passes by itself: a server that restarts, a network that is down for a moment."""

_EXPECTED = (*PASSES, ApplicationError, AlreadyPaid, AlreadyUndone, Declined, TryLater, RefundRejected)
_LONGEST = 300
_OF_REFUNDS = workflow_id("")


class ExpectedInOneLine(logging.Filter):
    """Takes the traceback from records of what is expected to happen; a bug keeps its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _EXPECTED):
            record.msg, record.args = f"{record.getMessage()}: {in_one_line(error)}", ()
            record.exc_info = record.exc_text = None
        return True


class WithRefund(logging.Filter):
    """Says of each record which workflow it is about, and which refund that is, if it comes from one."""

    def filter(self, record: logging.LogRecord) -> bool:
        named = _workflow_at_work()
        record.workflow_id = named
        record.refund_id = refund_of(named) if named and named.startswith(_OF_REFUNDS) else None
        return True


def _workflow_at_work() -> str | None:
    if activity.in_activity():
        return activity.info().workflow_id
    return workflow.info().workflow_id if workflow.in_workflow() else None


def in_one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:_LONGEST]}"
