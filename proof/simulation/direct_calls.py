"""What stands in for functions of `temporalio.workflow`: the same, without looking up what was looked up already."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from temporalio import workflow


def _execute(do: Any, argument: Any, *, schedule_to_close_timeout: timedelta | None, **_: Any) -> Any:
    is_patient = schedule_to_close_timeout is None
    return _running().schedule(do, argument, is_local=False, is_patient=is_patient)


def _execute_local(do: Any, argument: Any, *, schedule_to_close_timeout: timedelta | None, **_: Any) -> Any:
    is_patient = schedule_to_close_timeout is None
    return _running().schedule(do, argument, is_local=True, is_patient=is_patient)


def _wait_condition(fn: Callable[[], bool], *, timeout: timedelta | None = None, **_: Any) -> Any:
    return _running().workflow_wait_condition(fn, timeout=None if timeout is None else timeout.total_seconds())


def _sleep(duration: timedelta, **_: Any) -> Any:
    return _running().workflow_sleep(duration.total_seconds())


@contextmanager
def direct_calls() -> Iterator[None]:
    """Let what workflows call of the SDK reach their machine directly."""
    with patch.multiple(
        workflow,
        execute_activity_method=_execute,
        execute_local_activity_method=_execute_local,
        wait_condition=_wait_condition,
        sleep=_sleep,
        upsert_search_attributes=lambda _: None,
    ):
        yield


_running: Callable[[], Any] = asyncio.get_running_loop
