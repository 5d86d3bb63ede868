"""Programs that run beside the stack for the length of a `with`."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tools.stack import StackError

REPOSITORY = Path(__file__).parents[3]

_LISTENS_WITHIN_S = 180.0
_LAST_WORDS = 500


@asynccontextmanager
async def running(
    *command: str, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Run a program that listens at a port of this machine; raises StackError where it does not.

    It ends with the body, and with this process.
    """
    tied = (sys.executable, "-m", "tools.demo.parties.tied", *command)
    told = {**os.environ, **(environment or {})}
    with log.open("ab") as output:
        program = await asyncio.create_subprocess_exec(
            *tied,
            cwd=REPOSITORY,
            env=told,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        await _until_it_listens(program, port, log)
        yield
    finally:
        assert program.stdin is not None
        program.stdin.close()
        await program.wait()


async def _until_it_listens(program: asyncio.subprocess.Process, port: int, log: Path) -> None:
    deadline = time.monotonic() + _LISTENS_WITHIN_S
    while program.returncode is None and time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise StackError(f"a party of the demo does not listen at port {port} (its log is {log}): {_last_words(log)}")


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:]
