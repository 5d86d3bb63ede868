"""A process beside the stack that outlives it: where the stack is killed, it stops the children that are left.

`python -m tools.stack.guard <home>` waits until its standard input ends, which happens when the stack's process does.
A stack that ended by itself has stopped its children by then, and the guard has nothing to do.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack import StackError
from tools.stack.console import say
from tools.stack.data_dir import DataDir
from tools.stack.record import Leftovers, Record, stop

REPOSITORY = Path(__file__).parents[2]
_LOCK_IS_FREE_WITHIN_S = 5.0


@contextmanager
def guarded(home: DataDir) -> Iterator[None]:
    """Have a guard watch over this process for as long as the body lasts."""
    command = (sys.executable, "-m", "tools.stack.guard", str(home.path))
    with (home.logs / "guard.log").open("ab") as log:
        guard = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def main(home_path: str) -> int:
    """Wait for the stack's end, then stop what it left behind, unless another stack is there to do so."""
    sys.stdin.buffer.read()
    home = DataDir(Path(home_path))
    try:
        leftovers = _left_in(home)
    except StackError:
        return 0
    stop(leftovers, say)
    return 0


def _left_in(home: DataDir) -> Leftovers:
    """Read what was left while no other stack can begin; raises StackError where another has begun already."""
    deadline = time.monotonic() + _LOCK_IS_FREE_WITHIN_S
    while True:
        try:
            with home.occupied():
                return Record(home).leftovers()
        except StackError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
