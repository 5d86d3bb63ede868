"""`python other_clock.py FILE worker|api`: the worker or the API on a machine whose clock is apart from all others.

The file says by how many seconds, and may say otherwise while it runs.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import api.__main__ as api
import worker
from domain import clock

PROGRAMS = {"worker": worker.main, "api": api.main}


def other_clock() -> datetime:
    apart = timedelta(seconds=float(Path(sys.argv[1]).read_text()))
    return datetime.now(UTC) + apart  # noqa: TID251 - the machine's own, set wrong


if __name__ == "__main__":
    with clock.set_to(other_clock):
        asyncio.run(PROGRAMS[sys.argv[2]]())
