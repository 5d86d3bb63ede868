"""What is expected takes one line in the log; a bug is told with the way the code took to it."""

import io
import logging

import pytest
from temporalio.exceptions import ApplicationError

from temporal_client.logs import ExpectedInOneLine


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
