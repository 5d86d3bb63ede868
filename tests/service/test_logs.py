"""What is logged is one JSON object a line, whatever somebody has sent."""

import io
import json
import logging
from datetime import datetime, timedelta

import pytest

from api.request_ids import WithRequestId
from db.journal import request_id
from domain import clock
from logs import one_line

HOSTILE = 'l1\n{"event": "forged"}\r\u2028\x1b[2J"退款"'


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO) -> logging.Logger:
    handler = logging.StreamHandler(written)
    handler.setFormatter(one_line())
    handler.addFilter(WithRequestId())
    log = logging.Logger("api")
    log.addHandler(handler)
    return log


def test_a_line_says_when_who_and_what_and_nobody_can_begin_another(log: logging.Logger, written: io.StringIO) -> None:
    token = request_id.set("req_1")
    log.warning("refused: %s", HOSTILE)
    request_id.reset(token)

    (line,) = written.getvalue().split("\n")[:-1]
    said = json.loads(line)
    at = datetime.fromisoformat(said.pop("at"))
    assert said == {"event": f"refused: {HOSTILE}", "level": "warning", "logger": "api", "request_id": "req_1"}
    assert at.utcoffset() == timedelta() and abs(at - clock.now()) < timedelta(hours=1)


def test_what_is_about_no_request_names_none_and_an_error_has_its_traceback(
    log: logging.Logger, written: io.StringIO
) -> None:
    try:
        raise ZeroDivisionError(HOSTILE)
    except ZeroDivisionError:
        log.exception("unexpected")

    said = json.loads(written.getvalue())
    assert "request_id" not in said
    assert said["exception"].startswith("Traceback") and "ZeroDivisionError" in said["exception"]
