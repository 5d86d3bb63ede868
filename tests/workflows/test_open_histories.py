"""Before code is deployed it replays what is under way, and names each refund that it can't go on with."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from temporalio.client import Client

from proof.simulation.mutation import WorkflowMutant, mutated
from temporal_client.open_histories import replay_open
from tests.shop import Shop
from tools.client import Json
from tools.stack.stack import Stack
from workflows.contract import TASK_QUEUE
from workflows.registry import WORKFLOWS

REPOSITORY = Path(__file__).parents[2]
WAITS_BEFORE = WorkflowMutant(
    "a second passes before the review begins",
    "reviewing.Reviewing._reviewers_decision",
    "to_do = possible_answers(self._steps.stuck, REVIEW, (REVIEW,))",
    "await workflow.sleep(1)\nto_do = possible_answers(self._steps.stuck, REVIEW, (REVIEW,))",
)


async def in_review(shop: Shop) -> Json:
    await shop.order()
    return await shop.until(await shop.refund(reason="changed_mind"), "in_review")


async def test_a_change_that_an_open_refund_can_not_bear_is_found_by_its_name(shop: Shop, temporal: Client) -> None:
    waiting = await in_review(shop)

    with mutated(WAITS_BEFORE) as changed:
        replayed = await replay_open(temporal, TASK_QUEUE, [changed, *WORKFLOWS[1:]])

    assert "Nondeterminism" in replayed.stuck[shop.workflow(waiting).id]
    assert (await shop.until(waiting, "in_review"))["status"] == "in_review"


async def test_a_workflow_whose_code_is_gone_is_found_too(shop: Shop, temporal: Client) -> None:
    waiting = await in_review(shop)

    replayed = await replay_open(temporal, TASK_QUEUE, WORKFLOWS[1:])

    assert shop.workflow(waiting).id in replayed.stuck


async def test_the_code_that_began_them_goes_on_with_all(shop: Shop, stack: Stack) -> None:
    await in_review(shop)
    told = stack.description
    environment = {**told.temporal_variables, **told.payload_variables, "MAKEWHOLE_DATABASE_URL": told.database_url}

    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "temporal_client", "replay"),
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
        stdout=PIPE,
        stderr=PIPE,
    )
    said, log = await asyncio.wait_for(ran.communicate(), 300)

    assert ran.returncode == 0, log.decode()
    last = json.loads(said.splitlines()[-1])
    assert last["open"] > 0 and last["stuck"] == []
