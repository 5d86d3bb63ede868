"""`make retail`: a year of a real shop's orders and cancellations through the whole stack, over HTTP.

Prints a table of outcomes for each return window and, as the last line, the figures as one JSON object; exits with 0
only if every answer and every penny is as expected.
"""

import argparse
import asyncio
import io
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from settings import StackSettings
from tools.fresh_home import fresh_home, patient
from tools.retail import by_clock
from tools.retail.by_clock import replay_by_clock
from tools.retail.data import DataMissing, Retail, find, read
from tools.retail.outcome import ReplayOutcome
from tools.retail.replay import replay
from tools.retail.report import show
from tools.retail.requests import MADE_UP
from tools.stack import StackError
from tools.stack.stack import Stack

_WIDTH_OF_A_FILE = 120
_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Replay the file on a stack of its own; return 0 only if everything came out as expected."""
    parser = argparse.ArgumentParser(prog="python -m tools retail", description="real orders, replayed")
    parser.add_argument("--by-clock", action="store_true", help="day by day, by the test clock of each merchant")
    played = _BY_CLOCK if parser.parse_args(arguments).by_clock else _AT_ONCE
    console = _console()
    try:
        settings = StackSettings.from_environment()
        outcome = _replay(settings, read(find(settings.environment)), console, played)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (DataMissing, StackError, ValueError) as error:
        print(f"the replay can't run: {error}", file=sys.stderr)
        return 1
    show(outcome, console, played.made_up)
    print(json.dumps(outcome.as_json()))
    return 1 if outcome.faults else 0


@dataclass(frozen=True, slots=True)
class _Played:
    """How the year is played, what that makes up, and what the stack is told for it."""

    replay: Callable[[str, str, Retail, Progress], Coroutine[Any, Any, ReplayOutcome]]
    made_up: tuple[str, ...]
    told: Mapping[str, str] = field(default_factory=dict)


_AT_ONCE = _Played(replay, MADE_UP)
_BY_CLOCK = _Played(replay_by_clock, by_clock.MADE_UP, {"MAKEWHOLE_TEST_CLOCKS": "yes"})


def _replay(settings: StackSettings, retail: Retail, console: Console, played: _Played) -> ReplayOutcome:
    lines = sum(len(sold) for sold in retail.orders.values())
    console.print(
        f"{len(retail.orders)} orders with {lines} lines, {len(retail.returns)} cancellation lines and "
        f"{len(retail.odd)} odd lines, twice. Starting PostgreSQL, Temporal, a worker and the API …"
    )
    settings = changed(settings, environment={**settings.environment, **played.told})
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with fresh_home(settings) as fresh, Stack(patient(fresh), announce=console.print) as stack:
        where = stack.description
        with Progress(*columns, console=console) as progress:
            return asyncio.run(played.replay(where.api_url, where.owner_database_url, retail, progress))


def _console() -> Console:
    """Write to a terminal as wide as it is, to a file as wide as a page; what the encoding lacks becomes `?`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
