"""Our books come back from a copy that was taken a minute earlier, the way docs/operations.md says.

The sandbox keeps its books in the same server, in a schema of its own: what a provider has booked never goes back.
"""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.service import RPCError

from tools.stack import StackError
from tools.stack.as_root import PROGRAMS
from tools.stack.data_location import installed
from tools.stack.stack import Stack
from tools.stack.temporal import COMPLETE
from tools.stack.temporal_client import connect

_IN_FLIGHT = 'WorkflowType = "Refund" AND ExecutionStatus = "Running"'
_ASKS_FOR_OUR_ATTRIBUTES = "NeedsAttention = true"
_TRIES, _PAUSE_S = 60, 1.0
_LOOKS = 3  # what began just now is listed a moment later

_EVERYBODY_OUT = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""


async def copy_postgres(database_url: str, copy: Path) -> None:
    """Copy our books while everything goes on."""
    options = ("--schema=public", "--no-owner", f"--file={copy}")
    await _insist("pg_dump", *options, f"--dbname={database_url}")


async def restore_postgres(stack: Stack, copy: Path, *, end_runs: Callable[[Stack], Awaitable[None]]) -> None:
    """Stop workers and API, put the copy in place of our books, end the runs in flight, start workers and API."""
    users = [name for name in stack.children if name == "api" or name.startswith("worker")]
    with stack.held(*users):
        await put_back(stack.description.owner_database_url, copy)
        await end_runs(stack)


async def put_back(database_url: str, copy: Path) -> None:
    """In one transaction: nobody ever sees half of it, and one that is killed has not happened."""
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction")
    script = (f"--command={_EVERYBODY_OUT}", "--command=drop schema public cascade", f"--file={copy}")
    await _insist("psql", *options, *script, f"--dbname={database_url}")


async def _insist(program: str, *options: str) -> None:
    """Run a program of Postgres until it succeeds: the server may be killed meanwhile."""
    command = (str(installed() / PROGRAMS / program), *options)
    for _ in range(_TRIES):
        done = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return
        await asyncio.sleep(_PAUSE_S)
    raise StackError(f"{program} failed: {done.stderr.strip()}")


async def start_temporal_empty(stack: Stack) -> None:
    """End the runs in flight with all that Temporal knows."""
    with stack.held("temporal"):
        stack.home.forget(COMPLETE)  # it makes its database anew
    for _ in range(_TRIES):
        try:
            client = await connect(stack.description)
            await client.count_workflows(_ASKS_FOR_OUR_ATTRIBUTES)
        except (RPCError, RuntimeError):  # it is not there yet
            await asyncio.sleep(_PAUSE_S)
        else:
            stack.home.write(COMPLETE, "")
            return
    raise StackError("Temporal did not start with an empty database")


async def terminate_runs(stack: Stack) -> None:
    """Terminate all refunds' workflows that run, until none is listed any more."""
    looks = 0
    for _ in range(_TRIES):
        try:
            looks = 0 if await _terminated(stack) else looks + 1
        except (RPCError, RuntimeError):  # Temporal was killed just now
            looks = 0
        if looks == _LOOKS:
            return
        await asyncio.sleep(_PAUSE_S)
    raise StackError("the runs in flight could not be ended")


async def _terminated(stack: Stack) -> int:
    client = await connect(stack.description)
    count = 0
    async for run in client.list_workflows(_IN_FLIGHT):
        await client.get_workflow_handle(run.id, run_id=run.run_id).terminate(reason="restored")
        count += 1
    return count
