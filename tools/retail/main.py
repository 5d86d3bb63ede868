"""`make retail`: a year of a real shop's orders and cancellations through the whole stack, over HTTP.

Prints a table of outcomes for each return window and, as the last line, the figures as one JSON object; exits with 0
only if every answer and every penny is as expected.
"""

import argparse
import asyncio
import io
import json
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from settings import StackSettings
from tools.fresh_home import fresh_home, patient
from tools.retail.data import DataMissing, Retail, find, read
from tools.retail.outcome import ReplayOutcome
from tools.retail.replay import replay
from tools.retail.report import show
from tools.stack import StackError
from tools.stack.stack import Stack

_WIDTH_OF_A_FILE = 120
_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Replay the file on a stack of its own; return 0 only if everything came out as expected."""
    argparse.ArgumentParser(prog="python -m tools retail", description="real orders, replayed").parse_args(arguments)
    console = _console()
    try:
        settings = StackSettings.from_environment()
        outcome = _replay(settings, read(find(settings.environment)), console)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (DataMissing, StackError, ValueError) as error:
        print(f"the replay can't run: {error}", file=sys.stderr)
        return 1
    show(outcome, console)
    print(json.dumps(outcome.as_json()))
    return 1 if outcome.faults else 0


def _replay(settings: StackSettings, retail: Retail, console: Console) -> ReplayOutcome:
    lines = sum(len(sold) for sold in retail.orders.values())
    console.print(
        f"{len(retail.orders)} orders with {lines} lines, {len(retail.returns)} cancellation lines and "
        f"{len(retail.odd)} odd lines, twice. Starting PostgreSQL, Temporal, a worker and the API …"
    )
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with fresh_home(settings) as fresh, Stack(patient(fresh), announce=console.print) as stack:
        where = stack.description
        with Progress(*columns, console=console) as progress:
            return asyncio.run(replay(where.api_url, where.owner_database_url, retail, progress))


def _console() -> Console:
    """Write to a terminal as wide as it is, to a file as wide as a page; what the encoding lacks becomes `?`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
