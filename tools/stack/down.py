"""`make down`: stop the stack of a data directory from another terminal, also what a killed one left behind."""

import os
import signal
import time
from pathlib import Path

from tools.stack import StackError
from tools.stack.console import say
from tools.stack.data_dir import DataDir
from tools.stack.record import Record, stop

_ENDS_WITHIN_S = 120.0


def down(home_path: Path) -> int:
    """Stop what runs there and wait for its end; return 0 when nothing runs any more."""
    if not (home_path / "lock").exists():
        say(f"no stack was ever started on {home_path}")
        return 0
    home = DataDir(home_path)
    asked: int | None = None
    deadline = time.monotonic() + _ENDS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with home.occupied():
                stop(Record(home).leftovers(), say)
                Record(home).forget()
            say("makewhole has stopped." if asked else f"no stack runs on {home_path}")
            return 0
        except StackError:
            asked = _ask(home_path, asked)
            time.sleep(0.1)
    say(f"process {asked} has not stopped after {_ENDS_WITHIN_S:.0f} s; its logs are in {home.logs}")
    return 1


def _ask(home_path: Path, asked: int | None) -> int | None:
    """Ask the process that holds the lock to end, once."""
    holder = (home_path / "lock").read_text(encoding="utf-8")
    if not holder.isdigit() or int(holder) == asked:
        return asked
    try:
        os.kill(int(holder), signal.SIGTERM)
    except ProcessLookupError:
        return asked
    say(f"stopping the stack on {home_path} (process {holder})")
    return int(holder)
