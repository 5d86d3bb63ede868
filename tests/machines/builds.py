"""Programs of several builds of makewhole, side by side on one stack: each in a folder of its own."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.containers.compose import copied_into_the_image
from tools.client import Json
from tools.stack.stack import Stack

REPOSITORY = Path(__file__).parents[2]
_WITHIN_S = 300
_ASK_AGAIN = 2
LOCK = "requirements/serve.lock"

REVIEWING = "workflows/reviewing.py"
TO_DO = "        to_do = possible_answers(self._steps.stuck, REVIEW, (REVIEW,))\n"
A_SECOND = "await workflow.sleep(1)\n"
CARELESS = (REVIEWING, TO_DO, f"        {A_SECOND}{TO_DO}")
PATCHED = (REVIEWING, TO_DO, f'        if workflow.patched("a-second"):\n            {A_SECOND}{TO_DO}')
"""Two changes of the same place: refunds in flight bear the second alone."""


@dataclass(frozen=True, slots=True)
class Build:
    """The code of a worker in `folder`, under a name of its own."""

    build_id: str
    folder: Path
    environment: Mapping[str, str]

    async def command(self, name: str) -> tuple[int, Json]:
        """Run `python -m temporal_client NAME`; return how it ended and what it said last."""
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "temporal_client", name), cwd=self.folder, env=dict(self.environment), stdout=PIPE
        )
        said, _ = await asyncio.wait_for(ran.communicate(), _WITHIN_S)
        lines = said.splitlines()
        return ran.returncode or 0, json.loads(lines[-1]) if lines else {}

    async def deployed(self) -> Json:
        code, said = await self.deploy()
        assert code == 0, (code, said)
        return said

    async def deploy(self) -> tuple[int, Json]:
        """Deploy, once Temporal has heard of this build's worker; return how it ended and what it said last."""
        async with asyncio.timeout(_WITHIN_S):
            while True:
                code, said = await self.command("deploy")
                if code != _ASK_AGAIN:
                    return code, said
                await asyncio.sleep(0.5)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Process]:
        log = (self.folder / "worker.log").open("wb")
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "worker.py"), cwd=self.folder, env=dict(self.environment), stdout=log, stderr=log
        )
        try:
            yield started
        finally:
            if started.returncode is None:
                started.terminate()
            await asyncio.wait_for(started.wait(), _WITHIN_S)
            log.close()


def build(stack: Stack, build_id: str, folder: Path, *changes: tuple[str, str, str]) -> Build:
    """Copy the code of the image into a folder and change it: (file, what stands there once, what stands instead)."""
    for name in copied_into_the_image() - {LOCK}:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    for file, old, new in changes:
        code = (folder / file).read_text(encoding="utf-8")
        assert code.count(old) == 1, f"{file} has {old!r} {code.count(old)} times"
        (folder / file).write_text(code.replace(old, new), encoding="utf-8")
    return Build(build_id, folder, {**stack.told_to_workers, "MAKEWHOLE_BUILD_ID": build_id})
