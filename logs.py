"""What the programs log, on standard error: one JSON object a line, with the request or the refund that it is about."""

import logging
import sys
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

ABOUT = ("request_id", "refund_id", "workflow_id", "trace_id", "span_id")
"""What a filter may set on a record, so that all lines about one thing are found."""


def log_in_lines(level: str, *filters: logging.Filter) -> None:
    """Write every record of this level and above as `{"event", "level", "logger", "at", …}`; `at` is in UTC.

    A traceback stands in `exception`. filters: what looks at each record before it is written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(one_line())
    for each in filters:
        handler.addFilter(each)
    logging.basicConfig(level=level, handlers=[handler])


def one_line() -> logging.Formatter:
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _with_what_it_is_about,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _with_what_it_is_about(_: Any, __: str, event: EventDict) -> EventDict:
    record = event["_record"]
    event.update({name: value for name in ABOUT if (value := getattr(record, name, None))})
    return event
