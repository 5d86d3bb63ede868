"""Two builds side by side, with refunds in flight at every stage: forward, back, and refused by the refund's name."""

import os
from itertools import product
from pathlib import Path

from temporalio.api.enums.v1 import EventType

from tests.machines.builds import CARELESS, PATCHED, Build, build
from tests.shop import ANYTHING, Shop
from tools.client import Json
from tools.stack.stack import Stack

AT_EACH_STAGE = int(os.environ.get("AT_EACH_STAGE", "1"))
STAGES = ("in_review", "awaiting_return", "in_transit", "inspecting", "paying_out", "needs_attention")
AT_THE_PROVIDER = {"paying_out": "pending", "needs_attention": "decline"}


async def at_every_stage(shop: Shop, name: str) -> list[Json]:
    """Refunds that wait for a reviewer, a parcel, its arrival, its inspection, the provider and operations."""
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    begun = []
    for number, (count, stage) in product(range(AT_EACH_STAGE), enumerate(STAGES)):
        order_id = f"{name}-{stage}-{number}"
        await shop.order(order_id, customer_id=order_id)
        if stage in AT_THE_PROVIDER:
            await shop.behave(f"ch-{order_id}", AT_THE_PROVIDER[stage])
        line = [{"line_id": "l1", "quantity": 1}]
        refund = await shop.refund(order_id, reason="changed_mind", kind="return", lines=line)
        for role, word, said in STEPS[:count]:
            await say(shop, refund, role, word, said)
        begun.append(await shop.until(refund, stage))
    return begun


STEPS: tuple[tuple[str, str, Json], ...] = (
    ("reviewer", "review", {"decision": "approve", "note": "fine"}),
    ("merchant", "shipment", {"carrier": "SF", "tracking_number": "SF1"}),
    ("warehouse", "receipt", {}),
    ("warehouse", "inspection", {}),
)


async def say(shop: Shop, refund: Json, role: str, word: str, said: Json) -> None:
    await getattr(shop, role).post(f"/v1/refunds/{refund['refund_id']}/{word}", said)


async def gone_on(shop: Shop, refunds: list[Json]) -> None:
    for refund in refunds:
        stage = refund["status"]
        for role, word, said in STEPS[STAGES.index(stage) :]:
            await say(shop, refund, role, word, said)
        if stage in AT_THE_PROVIDER:
            await shop.behave(f"ch-{refund['order_id']}", "succeed")
        if stage == "paying_out":
            await shop.workflow(refund).signal("payout_event", {"payment_id": "p1", "status": "succeeded"})
        if stage == "needs_attention":
            await say(shop, refund, "ops", "resolution", {"step": "pay_out", "action": "retry", "note": "mended"})
        await shop.until(refund, "completed")


async def builds_of(shop: Shop, refund: Json) -> list[str]:
    """Which builds did the tasks of a refund's workflow, in their order, each as often as it began anew."""
    history = await shop.workflow(refund).fetch_history()
    done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    by = [each.workflow_task_completed_event_attributes for each in history.events if each.event_type == done]
    names = [each.deployment_version.build_id for each in by]
    return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]


async def test_a_new_build_takes_over_what_is_open_and_one_that_can_not_is_refused(
    built: Stack, built_shop: Shop, tmp_path: Path
) -> None:
    first = Build("1", Path.cwd(), built.told_to_workers)
    await first.deployed()
    before = await at_every_stage(built_shop, "before")

    careless = build(built, "2", tmp_path / "careless", CARELESS)
    async with careless.worker():
        code, said = await careless.deploy()
    assert (code, said["stuck"]) == (1, sorted(built_shop.workflow(each).id for each in before))

    second = build(built, "3", tmp_path / "patched", PATCHED)
    async with second.worker():
        assert (await second.deployed())["stuck"] == []
        await gone_on(built_shop, before)
        after = await at_every_stage(built_shop, "after")
        assert [await builds_of(built_shop, each) for each in before] == [["1", "3"]] * len(before)
        assert await builds_of(built_shop, after[0]) == ["3"]

        code, said = await first.deploy()
        assert (code, said["stuck"]) == (1, sorted(built_shop.workflow(each).id for each in after))
        await gone_on(built_shop, after)
        await first.deployed()
    back = await at_every_stage(built_shop, "back")
    await gone_on(built_shop, back)
    assert [await builds_of(built_shop, each) for each in back] == [["1"]] * len(back)
