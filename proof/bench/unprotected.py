"""makewhole without its protections, for what they cost to be measured; nobody else may run it so.

`python -m proof.bench.unprotected` is `make up` whose workers and API write in clear into PostgreSQL and to Temporal,
own the database, so that no row is kept from them, sign no checkpoint, and speak to Temporal past its door.
"""

import json
import os
import sys
from dataclasses import replace

from settings import AUDIT_KEYS, StackSettings
from tools.stack import ports
from tools.stack.data_dir import DataDir
from tools.stack.postgres import owner_address
from tools.stack.programs import MAKEWHOLE, Programs
from tools.stack.stack import Stack
from tools.stack.up import up

_KEYS = ("MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS", AUDIT_KEYS)


def main(program: list[str]) -> int:
    settings = StackSettings.from_environment()
    if program:
        _become(program, DataDir(settings.home))
    return up(Stack(settings, runs=_bare()))


def _bare() -> Programs:
    here = (sys.executable, "-m", "proof.bench.unprotected")
    return replace(MAKEWHOLE, worker=(*here, *MAKEWHOLE.worker), api=(*here, *MAKEWHOLE.api))


def _become(program: list[str], home: DataDir) -> None:
    told = {name: value for name, value in os.environ.items() if name not in _KEYS}
    told["MAKEWHOLE_DATABASE_URL"] = owner_address(home, told["MAKEWHOLE_DATABASE_URL"])
    told["MAKEWHOLE_POWERFUL_DATABASE_ROLE"] = "yes"
    told["TEMPORAL_ADDRESS"] = f"127.0.0.1:{json.loads(home.read(ports.REMEMBERED) or '{}')['temporal_inner']}"
    os.execve(program[0], program, told)  # noqa: S606 - the very program that the stack would have started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
