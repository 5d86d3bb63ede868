"""Look at a bulk of refunds until it has come so far."""

import json
import sys
import time
from collections.abc import Callable, Iterator

import typer

from makewhole_client import Makewhole
from makewhole_client.cli.exits import Exit
from makewhole_client.cli.showing import bulk_line
from makewhole_client.errors import BulkNotInTime
from makewhole_client.looking import OVER
from makewhole_client.models import BulkAnswer, BulkStatus

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0
_ENDS = {BulkStatus.COMPLETED: Exit.DONE, BulkStatus.STOPPED: Exit.CANCELLED}


def until_previewed(api: Makewhole, bulk_id: str, *, within_s: float) -> BulkAnswer:
    """Return a bulk once its preview is there. Raises BulkNotInTime."""
    *_, bulk = _looks(api, bulk_id, lambda bulk: bulk.status is not BulkStatus.PREVIEWING, within_s)
    return bulk


def watch_bulk(api: Makewhole, bulk_id: str, *, within_s: float, as_json: bool) -> Exit:
    """Print how a bulk stands whenever that changed, until each refund of it has ended. Raises BulkNotInTime.

    As JSON each line is the bulk without its lines.
    """
    bulk: BulkAnswer | None = None
    for bulk in _looks(api, bulk_id, _has_ended, within_s):
        typer.echo(json.dumps(_without_lines(bulk), ensure_ascii=False) if as_json else _in_words(bulk))
        sys.stdout.flush()
    assert bulk is not None
    return _ENDS[bulk.status]


def _looks(
    api: Makewhole, bulk_id: str, is_enough: Callable[[BulkAnswer], bool], within_s: float
) -> Iterator[BulkAnswer]:
    """Yield a bulk as it is, and again whenever something changed, until it is enough."""
    ends_at, pause_s = time.monotonic() + within_s, _FIRST_PAUSE_S
    seen: BulkAnswer | None = None
    while True:
        bulk = api.get_bulk_refunds(bulk_id, limit=1)
        if bulk != seen:
            yield bulk
            seen, pause_s = bulk, _FIRST_PAUSE_S
        if is_enough(bulk):
            return
        if (left_s := ends_at - time.monotonic()) <= 0:
            raise BulkNotInTime(f"bulk {bulk_id} is {bulk.status} after {within_s:g} s")
        time.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)


def _has_ended(bulk: BulkAnswer) -> bool:
    return bulk.status in _ENDS and bulk.refunds.keys() <= OVER


def _without_lines(bulk: BulkAnswer) -> dict[str, object]:
    said: dict[str, object] = bulk.model_dump(mode="json", exclude={"lines", "next_lines"})
    return said


def _in_words(bulk: BulkAnswer) -> str:
    refunds = ", ".join(f"{count} {status}" for status, count in sorted(bulk.refunds.items()))
    return f"{bulk_line(bulk)}  {refunds}".rstrip()
