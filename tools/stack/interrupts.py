"""Signals that end the stack: each unwinds every `with` of the main thread, and none disturbs the unwinding."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raised() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt the main thread as Ctrl-C does, unless the program handles them itself."""
    with _handled_by(signal.default_int_handler, tuple(number for number in ENDING if _is_unclaimed(number))):
        yield


@contextmanager
def held_off() -> Iterator[None]:
    """Ignore a second Ctrl-C: stopping is bounded, and stopping half-way would leave orphans."""
    with _handled_by(_ignore, ENDING):
        yield


def _is_unclaimed(number: signal.Signals) -> bool:
    """A shell starts background jobs with SIGINT ignored, but whoever sends it means it; `nohup` stays in force."""
    ignored = signal.getsignal(number) is signal.SIG_IGN
    return signal.getsignal(number) is signal.SIG_DFL or (ignored and number is signal.SIGINT)


@contextmanager
def _handled_by(handler: "signal._HANDLER", numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    former = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler_before in former.items():
            signal.signal(number, handler_before)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """A handler, not SIG_IGN: children would inherit that."""
