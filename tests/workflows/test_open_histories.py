"""Before code is deployed it replays what is under way, and names each refund that it can't go on with."""

import asyncio
import base64
import secrets
from pathlib import Path

from temporalio.client import Client

from temporal_client.open_histories import replay_open
from tests.machines.builds import CARELESS, Build, build
from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from tools.stack.stack import Stack
from workflows.contract import TASK_QUEUE
from workflows.registry import WORKFLOWS


async def in_review(shop: Shop) -> Json:
    await shop.order()
    refund = await shop.until(await shop.refund(reason="changed_mind"), "in_review")
    listed = f"WorkflowId = '{shop.workflow(refund).id}' AND ExecutionStatus = 'Running'"
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if (await shop.temporal.count_workflows(listed)).count:
                return refund
            await asyncio.sleep(0.1)


async def test_a_change_that_an_open_refund_can_not_bear_is_found_by_its_name(
    shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    waiting = await in_review(shop)

    code, said = await build(stack, "", tmp_path / "careless", CARELESS).command("replay")

    assert code == 1 and shop.workflow(waiting).id in said["stuck"]
    assert (await shop.until(waiting, "in_review"))["status"] == "in_review"


async def test_the_code_that_began_them_goes_on_with_all(shop: Shop, stack: Stack) -> None:
    await in_review(shop)

    code, said = await Build("", Path.cwd(), stack.told_to_workers).command("replay")

    assert code == 0 and said["open"] > 0 and said["stuck"] == []


async def test_who_has_not_the_key_of_what_is_stored_is_told_which_refunds_can_not_be_read(
    shop: Shop, stack: Stack
) -> None:
    waiting = await in_review(shop)
    another = {"MAKEWHOLE_PAYLOAD_KEYS": f"k9:{base64.b64encode(secrets.token_bytes(32)).decode()}"}

    code, said = await Build("", Path.cwd(), {**stack.told_to_workers, **another}).command("replay")

    assert code == 1 and shop.workflow(waiting).id in said["stuck"]


async def test_a_workflow_whose_code_is_gone_is_found_too(shop: Shop, temporal: Client) -> None:
    waiting = await in_review(shop)

    replayed = await replay_open(temporal, TASK_QUEUE, WORKFLOWS[1:])

    assert shop.workflow(waiting).id in replayed.stuck


async def test_who_deploys_without_a_name_is_told_what_lacks(stack: Stack) -> None:
    code, said = await Build("", Path.cwd(), stack.told_to_workers).command("deploy")

    assert code == 1 and said == {}
