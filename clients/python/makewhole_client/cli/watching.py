"""Watch a refund: a line for whatever happened, until it ends."""

import json
import sys

import typer

from makewhole_client import Makewhole
from makewhole_client.cli.amounts import in_words
from makewhole_client.cli.exits import Exit, code_of_end
from makewhole_client.models import RefundAnswer, TimelineAnswer


def watch_to_the_end(api: Makewhole, refund_id: str, *, within_s: float, as_json: bool) -> Exit:
    """Print what happens to a refund; return how it ended. Raises NotInTime.

    As JSON, each line is an entry of its timeline with the status of the refund, and the last one is the refund.
    """
    told = 0
    refund: RefundAnswer | None = None
    for refund in api.watch(refund_id, within_s=within_s):
        for entry in refund.timeline[told:]:
            _say(_entry_as_json(refund, entry) if as_json else _entry_in_words(entry))
        told = max(told, len(refund.timeline))
        _show_status(refund)
    assert refund is not None
    _clear_status()
    _say(refund.model_dump_json(by_alias=True) if as_json else _end_in_words(refund))
    return code_of_end(refund.status)


def _say(line: str) -> None:
    _clear_status()
    typer.echo(line)
    sys.stdout.flush()


def _entry_as_json(refund: RefundAnswer, entry: TimelineAnswer) -> str:
    said = {"refund_id": refund.refund_id, "status": str(refund.status), **entry.model_dump(mode="json")}
    return json.dumps(said, ensure_ascii=False)


def _entry_in_words(entry: TimelineAnswer) -> str:
    return f"{entry.at.astimezone():%H:%M:%S}  {entry.event:<24} {entry.message}"


def _end_in_words(refund: RefundAnswer) -> str:
    return f"{refund.refund_id}  {refund.status}  {in_words(refund.total, refund.currency)}"


def _show_status(refund: RefundAnswer) -> None:
    """Keep a line at the bottom of a terminal that says how it stands; it is no part of the output."""
    if sys.stderr.isatty():
        waits = f", needs attention: {refund.needs_attention.reason}" if refund.needs_attention else ""
        print(f"\r\x1b[K… {refund.status}{waits}", end="", file=sys.stderr, flush=True)


def _clear_status() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
