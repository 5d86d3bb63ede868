"""What is expected takes one line in the log; a bug is told with the way the code took to it."""

import io
import logging
from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from temporal_client.logs import ExpectedInOneLine, WithRefund


def logged(error: Exception) -> str:
    """What a worker's log has of an activity that failed."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(ExpectedInOneLine())
    log = logging.Logger("test")
    log.addHandler(handler)
    try:
        raise error
    except Exception:
        log.warning("Completing %s as failed", "pay_out", exc_info=True)
    return written.getvalue()


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), ApplicationError("busy,\ntry later", type="TryLater")])
def test_what_is_expected_takes_one_line(error: Exception) -> None:
    (line,) = logged(error).splitlines()

    assert line.startswith(f"Completing pay_out as failed: {type(error).__name__}: ")


def test_a_bug_keeps_its_traceback() -> None:
    assert "Traceback" in logged(ZeroDivisionError("a bug"))


@pytest.mark.parametrize(("workflow_id", "refund_id"), [("refund-rf_1", "rf_1"), ("bulk-b1", None)])
def test_what_a_step_says_names_its_refund(workflow_id: str, refund_id: str | None) -> None:
    def step() -> logging.LogRecord:
        record = logging.LogRecord("test", logging.WARNING, __file__, 1, "the provider is late", (), None)
        assert WithRefund().filter(record)
        return record

    surroundings = ActivityEnvironment()
    surroundings.info = replace(surroundings.info, workflow_id=workflow_id)
    said = vars(surroundings.run(step))

    assert (said["workflow_id"], said["refund_id"]) == (workflow_id, refund_id)


def test_what_is_said_between_steps_names_none() -> None:
    record = logging.LogRecord("test", logging.WARNING, __file__, 1, "PostgreSQL is away", (), None)

    assert WithRefund().filter(record) and vars(record)["refund_id"] is None
