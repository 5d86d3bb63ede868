"""makewhole without its protections, for what they cost to be measured; nobody else may run it so.

`python -m proof.bench.unprotected` is `make up` whose workers and API write in clear into PostgreSQL and to Temporal,
own the database, so that no row is kept from them, and sign no checkpoint. They pass Temporal's door as the others do.
"""

import os
import runpy
import sys
from dataclasses import replace

from proof.bench.bare import write_in_clear
from settings import StackSettings
from tools.stack.data_dir import DataDir
from tools.stack.postgres import owner_address
from tools.stack.programs import MAKEWHOLE, Programs
from tools.stack.stack import Stack
from tools.stack.up import up
from variables import AUDIT_KEYS


def main(program: list[str]) -> int:
    settings = StackSettings.from_environment()
    if program:
        _become(program, DataDir(settings.home))
        return 0
    return up(Stack(settings, runs=_bare()))


def _bare() -> Programs:
    here = (sys.executable, "-m", "proof.bench.unprotected")
    return replace(MAKEWHOLE, worker=(*here, *MAKEWHOLE.worker), api=(*here, *MAKEWHOLE.api))


def _become(program: list[str], home: DataDir) -> None:
    os.environ.pop(AUDIT_KEYS, None)
    os.environ["MAKEWHOLE_DATABASE_URL"] = owner_address(home, os.environ["MAKEWHOLE_DATABASE_URL"])
    os.environ["MAKEWHOLE_POWERFUL_DATABASE_ROLE"] = "yes"
    write_in_clear()
    _, *what = program
    sys.argv = what[-1:]
    if what[0] == "-m":
        runpy.run_module(what[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(what[0], run_name="__main__")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
