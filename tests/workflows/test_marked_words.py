"""What is said at Temporal and not over HTTP is marked as such, whoever its sender says they are (rule 39)."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from db import api_keys
from db.api_keys import Role
from tests.shop import Shop
from tests.upkeep.scenes import at, awaiting_return, in_review, in_transit
from tools.client import Json

WANG = "reviewer:wang"
SETTLE = {"step": "pay_out", "action": "settle", "by": WANG, "note": "by bank"}


async def said(shop: Shop, refund: Json, update: str, what: Json) -> None:
    await shop.workflow(refund).execute_update(update, what)


async def refused(shop: Shop, refund: Json, update: str, what: Json) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as no:
        await said(shop, refund, update, what)
    return str(no.value.cause)


async def trail(shop: Shop) -> dict[str, str]:
    """Who did what last, as the audit trail has it."""
    entries = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    return {entry["action"]: entry["actor"] for entry in entries}


async def asks_for_help(shop: Shop) -> Json:
    """A refund whose goods somebody at Temporal has taken back, and whose payout was declined."""
    await shop.order()
    await shop.policy(auto_approve={}, declined_tender="hold")
    await shop.behave("ch-o1", "decline")
    refund = await awaiting_return(shop)
    await said(shop, refund, "shipment", {"carrier": "SF", "tracking_number": "SF1", "actor": WANG})
    await said(shop, refund, "receipt", {"received": [], "actor": WANG})
    await said(shop, refund, "inspection", {"lines": [], "actor": WANG})
    return await shop.until(refund, "needs_attention")


async def test_what_becomes_of_goods_is_marked_where_it_is_said_at_temporal_and_nowhere_else(shop: Shop) -> None:
    await asks_for_help(shop)

    marked = {action: actor for action, actor in (await trail(shop)).items() if actor.startswith("temporal")}

    assert marked == dict.fromkeys(("shipped", "parcel_received", "inspected"), f"temporal:{WANG}")
    assert (await trail(shop))["approved"] == "reviewer"


async def test_a_loss_and_a_cancellation_are_marked_and_under_nobodys_role(shop: Shop) -> None:
    await shop.order()
    refund = await in_transit(shop)
    await said(shop, refund, "loss", {"note": "gone", "actor": WANG})
    await shop.until(refund, "in_review")

    await said(shop, refund, "cancel", {"by": "customer:c1", "role": "customer"})
    done = await shop.until(refund, "cancelled")

    by = await trail(shop)
    assert (by["parcel_lost"], by["cancelled"]) == (f"temporal:{WANG}", "temporal:customer:c1")
    assert done["ended_because"]["code"] == "cancelled"


async def test_who_cancels_the_workflow_itself_is_temporal(shop: Shop) -> None:
    await shop.order()
    refund = await in_review(shop)

    await shop.workflow(refund).cancel()
    await shop.until(refund, "cancelled")

    assert (await trail(shop))["cancelled"] == "temporal"


async def test_an_answer_at_temporal_that_pays_is_limited_as_an_approval_is_and_a_retry_is_free(shop: Shop) -> None:
    refund = await asks_for_help(shop)
    too_much = await refused(shop, refund, "resolve", SETTLE)
    await said(shop, refund, "resolve", {**SETTLE, "action": "retry"})
    again = await trail(shop)
    refund = await shop.until(refund, "needs_attention")

    await shop.policy(auto_approve={}, declined_tender="hold", approval_from_temporal={"up_to": 120_000})
    await said(shop, refund, "resolve", SETTLE)
    done = await shop.until(refund, "completed")

    assert "by signal, and the policy allows ¥200.00" in too_much
    assert again["resolved"] == f"temporal:{WANG}" and "approval_by_signal" not in again
    assert done["payouts"][-1]["status"] == "succeeded"
    entries = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    (entry,) = [each for each in entries if each["action"] == "approval_by_signal"]
    assert (entry["actor"], entry["detail"]["answer"]) == (f"temporal:{WANG}", "pay_out: settle")
    assert (await trail(shop))["resolved"] == f"temporal:{WANG}"


async def forged(shop: Shop, refund: Json, update: str, what: Json) -> None:
    """Say it with the id of a key that is there, and that nobody has said it with."""
    async with shop.engine.connect() as connection:
        known = await api_keys.identify(connection, shop.keys[Role.OPS])
    assert known is not None
    with pytest.raises((WorkflowUpdateFailedError, RPCError)):
        await said(shop, refund, update, {**what, "by": "ops", "key_id": known.caller.identity})


async def test_an_answer_with_a_key_that_somebody_at_temporal_makes_up_settles_nothing(shop: Shop) -> None:
    refund = await asks_for_help(shop)

    await forged(shop, refund, "resolve", SETTLE)

    assert (await shop.until(refund, "needs_attention"))["payouts"][-1]["status"] != "succeeded"
    await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": "settle", "note": "by bank"})
    assert (await shop.until(refund, "completed"))["payouts"][-1]["status"] == "succeeded"
    assert (await trail(shop))["resolved"] == "ops"


async def test_a_cancellation_with_such_a_key_cancels_nothing(shop: Shop) -> None:
    await shop.order()
    refund = await in_review(shop)

    await forged(shop, refund, "cancel", {"role": "ops"})

    assert (await shop.until(refund, "in_review"))["review"] is None
    approved = await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})
    assert approved["review"]["decision"] == "approve"
