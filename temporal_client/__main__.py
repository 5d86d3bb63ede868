"""Before and at a deployment of workers, with their settings and the new code:

    python -m temporal_client replay    whether this code can go on with every open workflow; 1 where it can't
    python -m temporal_client deploy    the same, and then the workers of MAKEWHOLE_BUILD_ID do everything from now on

Both name each workflow that this code can't go on with, and end with one line of JSON. `deploy` changes nothing then.
"""

import asyncio
import json
import logging
import os
import sys
from typing import NoReturn

from temporalio.service import RPCError

from logs import log_in_lines
from settings import SettingMissing, Settings
from temporal_client.connection import connect, reached
from temporal_client.deployments import make_current
from temporal_client.open_histories import HistoriesReplayed, replay_open
from workflows.contract import TASK_QUEUE
from workflows.registry import WORKFLOWS

log = logging.getLogger("temporal_client")

COMMANDS = ("replay", "deploy")


async def main(command: str, settings: Settings) -> HistoriesReplayed:
    """Replay, and deploy where that is asked for and nothing is in its way."""
    settings.check_temporal(*reached())
    client = await connect(settings.keys_for_temporal)
    replayed = await replay_open(client, TASK_QUEUE, WORKFLOWS)
    if command == "deploy" and not replayed.stuck:
        await make_current(client, settings.build_id)
    return replayed


def _run(command: str) -> int:
    settings = Settings.from_environment()
    log_in_lines(settings.log_level)
    if command == "deploy" and not settings.build_id:
        raise SettingMissing(
            "MAKEWHOLE_BUILD_ID is not set: give it the name that the workers of this build have there"
        )
    try:
        replayed = asyncio.run(main(command, settings))
    except (RPCError, TimeoutError) as trouble:
        log.error("not deployed, or not known to be: %s", trouble)
        return 2
    for workflow_id, why in replayed.stuck.items():
        log.error("%s can't go on with this code: %s", workflow_id, why)
    stuck = sorted(replayed.stuck)
    print(json.dumps({"command": command, "build": settings.build_id, "open": replayed.count, "stuck": stuck}))
    return 1 if stuck else 0


def _leave(code: int) -> NoReturn:
    """End at once: threads of Temporal's client may come back while Python ends, and it dies of that (SIGABRT)."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:] not in [[each] for each in COMMANDS]:
        sys.exit(f"usage: python -m temporal_client {{{','.join(COMMANDS)}}}")
    _leave(_run(sys.argv[1]))
