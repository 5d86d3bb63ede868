"""People who are asked see what waits, how much to whom, and what to answer; what has no effect is seen too."""

import asyncio
import json
import os
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import at, in_review, waiting_for_help
from tests.workflows.test_refund_story import events
from tools.client import Json
from tools.stack.stack import Stack
from tools.stack.temporal import find_program
from workflows.contract import WORKFLOW_TYPE


async def declined(shop: Shop) -> Json:
    await shop.policy(auto_approve={})
    await shop.order()
    return await shop.until_noticed(await waiting_for_help(shop))


async def details(shop: Shop, refund: Json) -> str:
    """What the Temporal UI shows of a workflow under what it waits for."""
    told: Any = await shop.workflow(refund).query("__temporal_workflow_metadata")
    return str(told.current_details)


async def test_a_call_for_help_says_how_much_waits_for_whom_and_what_to_answer(shop: Shop) -> None:
    needed = (await declined(shop))["needs_attention"]

    assert (needed["step"], needed["payment_id"]) == ("pay_out", "p1")
    assert (needed["amount"], needed["currency"]) == (120_000, "CNY") and needed["reference"]
    assert [each["action"] for each in needed["answers"]] == ["retry", "settle"]


async def test_the_answer_can_be_sent_as_it_is_shown(shop: Shop) -> None:
    refund = await declined(shop)
    settle = refund["needs_attention"]["answers"][1]

    await shop.ops.post(settle["path"], settle["body"])

    assert (await shop.until(refund, "completed"))["payouts"][-1]["status"] == "succeeded"


async def test_the_answer_can_be_pasted_into_temporal_as_it_is_shown(shop: Shop) -> None:
    refund = await declined(shop)
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    settle = refund["needs_attention"]["answers"][1]
    assert settle["input"] in await details(shop, refund)

    await shop.workflow(refund).execute_update(settle["update"], json.loads(settle["input"]))

    assert (await shop.until(refund, "completed"))["payouts"][-1]["status"] == "succeeded"


async def test_the_inbox_of_operations_says_all_of_it(shop: Shop) -> None:
    refund = await declined(shop)

    inbox = await shop.until_operations_told("needs_attention")
    (told,) = [each for each in inbox if each["topic"] == "needs_attention"]

    assert "¥1,200.00 to payment p1" in told["body"]
    for each in refund["needs_attention"]["answers"]:
        assert f"POST {each['path']} " in told["body"] and f'"action": "{each["action"]}"' in told["body"]


async def test_lists_in_temporal_show_what_each_refund_waits_for(shop: Shop) -> None:
    refund = await declined(shop)
    await shop.order("o2")
    reviewed = await shop.until(await shop.refund("o2", reason="changed_mind"), "in_review")

    query = f"WorkflowType = '{WORKFLOW_TYPE}' and MerchantId = '{shop.merchant_id}' and WaitingFor "
    expected = {
        "starts_with 'operations: pay_out: p1 was declined'": refund["refund_id"],
        "= 'reviewer'": reviewed["refund_id"],
    }
    async with asyncio.timeout(IN_TIME_S):
        for condition, refund_id in expected.items():
            await listed(shop, query + condition, refund_id)


async def listed(shop: Shop, query: str, refund_id: str) -> None:
    """Wait until a list shows this refund alone: visibility is a moment behind."""
    while True:
        if [each.id async for each in shop.temporal.list_workflows(query)] == [f"refund-{refund_id}"]:
            return
        await asyncio.sleep(0.2)


async def test_what_is_not_awaited_any_more_is_not_shown_any_more(shop: Shop) -> None:
    refund = await declined(shop)
    settle = refund["needs_attention"]["answers"][1]
    await shop.ops.post(settle["path"], settle["body"])
    await shop.until_ended(refund)

    described = await shop.workflow(refund).describe()
    assert "WaitingFor" not in {pair.key.name for pair in described.typed_search_attributes}


async def test_a_wrong_word_by_signal_is_seen_by_everybody(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order()
    refund = await in_review(shop)

    await shop.workflow(refund).signal("decide", {"decision": "aproved", "by": "wang"})
    shown = await shop.until_event(refund, "not_understood")
    (told,) = [each["body"] for each in (await shop.ops.get("/v1/inbox"))["items"] if "decide" in each["body"]]

    sentence = next(each["message"] for each in shown["timeline"] if each["event"] == "not_understood")
    assert "'aproved' is no decision" in sentence and '{"decision": "approve"' in sentence and sentence in told
    assert sentence in await details(shop, refund) and "Waits for** a reviewer" in await details(shop, refund)
    await shop.reviewer.post(at(refund, "review"), {"decision": "reject", "note": "no"})


async def test_a_forgotten_or_wrong_field_is_refused_in_one_sentence(shop: Shop) -> None:
    refund = await declined(shop)

    async def refusal(update: str, said: Json) -> str:
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await shop.workflow(refund).execute_update(update, said)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause.message

    right = '{"step": "pay_out", "action": "retry"'
    assert f"not none: say {right}" in await refusal("resolve", {"action": "retry"})
    assert f"not 'payout': say {right}" in await refusal("resolve", {"step": "payout", "action": "retry"})
    assert f"no action is not possible here: say {right}" in await refusal("resolve", {"step": "pay_out"})
    assert "again is not possible here" in await refusal("resolve", {"step": "pay_out", "action": "again"})
    assert "no decision was given" in await refusal("review", {})


async def test_the_person_who_reads_the_timeline_sees_amounts_as_people_write_them(shop: Shop) -> None:
    refund = await declined(shop)

    assert "minor_units" not in json.dumps(refund) and "needs_attention" in events(refund)


async def test_the_cli_prints_a_refusal_as_a_sentence(shop: Shop, stack: Stack) -> None:
    refund = await declined(shop)
    program, address = str(find_program(os.environ)), stack.description.temporal_address
    assert stack.description.temporal_keys is not None
    key = f"authorization=Bearer {stack.description.temporal_keys.operator}"
    codec = ("--codec-endpoint", str(stack.description.codec_url), "--codec-auth", f"Bearer {shop.keys[Role.OPS]}")
    update = ("workflow", "update", "execute", "--address", address, "--grpc-meta", key, *codec)

    running = await asyncio.create_subprocess_exec(
        *(program, *update, "--workflow-id", shop.workflow(refund).id),
        *("--name", "resolve", "--input", '{"action":"retry"}'),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await asyncio.wait_for(running.communicate(), IN_TIME_S))[0].decode()

    assert running.returncode != 0
    assert "the step that needs attention is 'pay_out', not none" in printed
    assert len(printed.splitlines()) < 5, printed
