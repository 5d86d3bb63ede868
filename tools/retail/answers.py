"""What the API answered to each return, beside what the file's own dates and quantities make us expect."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.deadlines import ends_at, never_closed
from domain.durations import IsoDuration
from tools.client import Json
from tools.retail.data import Link, Return

COMPLETED = "completed"
STUCK = "stuck"
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Asked:
    """One return as it went: `answer` is the refund's last status, or the code it was refused with.

    refund: the API's last word on it, None where nothing was accepted.
    """

    wanted: Return
    answer: str
    refund: Json | None = None
    was_reviewed: bool = False


def expected(wanted: Return, window: str) -> str:
    """Return the answer that follows from the file: no order, too late, more than is left, or refunded."""
    if wanted.sale is None:
        return "not_found"
    if is_late(wanted, window):
        return "outside_return_window"
    return "quantity_not_available" if wanted.link is Link.OVER_REMAINING_QTY else COMPLETED


def is_late(wanted: Return, window: str) -> bool:
    """Tell whether the return was asked for after the end of the last day of the window (rules 29 and 41)."""
    return wanted.sale is not None and wanted.cancelled.at > ends_at(
        wanted.sale.at, IsoDuration(window), "UTC", never_closed
    )


def surprises(asked: Iterable[Asked], window: str) -> tuple[str, ...]:
    """List every return that was answered otherwise than expected."""
    return tuple(
        f"{each.wanted.cancelled.invoice} row {each.wanted.cancelled.row} ({each.wanted.link}): "
        f"{each.answer}, expected {expected(each.wanted, window)}"
        for each in asked
        if each.answer != expected(each.wanted, window)
    )
