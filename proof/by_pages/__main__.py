"""`make by-pages`: 50 orders of a real shop come back in Chromium: three clicks, a reviewer's, a warehouse's.

Prints a table and, as the last line, one JSON object; exits with 0 only if every page and every book says the penny
that the shop's file says.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from proof.by_pages.orders import OrderBack, orders_back
from proof.by_pages.outcome import PagesOutcome, show
from proof.by_pages.play import bring_back
from settings import StackSettings
from tools.chromium import NoChromium
from tools.fresh_home import fresh_home, patient
from tools.retail.crowd import Bar
from tools.retail.data import DataMissing, find, read
from tools.stack import StackError
from tools.stack.stack import Stack

_WIDTH_OF_A_FILE = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.by_pages", description="real orders, by pages alone")
    parser.add_argument("--orders", type=int, default=50, help="how many come back")
    wanted = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    began = time.monotonic()
    try:
        settings = StackSettings.from_environment()
        outcome = _play(settings, orders_back(read(find(settings.environment)), wanted.orders), console)
    except (DataMissing, NoChromium, StackError, ValueError) as error:
        print(f"nothing comes back by pages: {error}", file=sys.stderr)
        return 1
    show(outcome, console)
    print(json.dumps({**outcome.as_json(), "seconds": round(time.monotonic() - began)}))
    return 1 if outcome.faults else 0


def _play(settings: StackSettings, orders: Sequence[OrderBack], console: Console) -> PagesOutcome:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with (
        fresh_home(settings) as fresh,
        Stack(patient(fresh), announce=console.print) as stack,
        Progress(*columns, console=console) as progress,
    ):
        return asyncio.run(bring_back(stack.description, orders, Bar(progress, "orders", len(orders))))


if __name__ == "__main__":
    sys.exit(main())
