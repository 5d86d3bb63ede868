"""A refund to a bank account is approved by two reviewers, each with a key of their own, whatever happens between."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.shop import Shop
from tests.workflows.bank_desk import APPROVE, at, bank_desk, events
from tests.workflows.test_reset_in_temporal import reset
from tools import clocks
from tools.client import Refused
from tools.stack.stack import Stack
from workflows.contract import OTHER_APPROVER_NEEDED

# Where the money goes (rule 54)


async def test_it_goes_on_with_the_second_approval_and_both_stand_with_the_review(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    asked = await desk.asked()

    once = await desk.first.post(at(asked, "review"), {**APPROVE, "note": "I called them"})
    twice = await desk.second.post(at(asked, "review"), APPROVE)

    assert [each["code"] for each in asked["waits_because"]] == ["bank_transfer"]
    assert (asked["approvals_needed"], asked["approvals"]) == (2, [])
    assert (once["status"], once["review"]) == ("in_review", None)
    assert [(each["by"], each["note"]) for each in once["approvals"]] == [("reviewer", "I called them")]
    assert (twice["review"]["decision"], twice["approvals"]) == ("approve", [])
    keys = [each["key_id"] for each in twice["review"]["approvals"]]
    assert keys[0] == once["approvals"][0]["key_id"] and len(set(keys)) == 2
    assert events(twice).count("approved_in_part") == events(twice).count("approved") == 1


async def test_the_same_key_counts_once_and_says_so(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    with pytest.raises(Refused, match="409 other_approver_needed: you have approved it already"):
        await desk.first.post(at(once, "review"), APPROVE)

    assert (await shop.ops.get(at(once, "")[:-1]))["status"] == "in_review"
    assert (await desk.second.post(at(once, "review"), APPROVE))["review"]["decision"] == "approve"


async def test_the_same_word_of_the_first_reviewer_is_answered_as_before(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    refund = await desk.asked()

    once, again = [await desk.first.post(at(refund, "review"), APPROVE, key="word-1") for _ in range(2)]

    assert once == again


async def test_of_two_second_approvals_at_once_one_decides(shop: Shop) -> None:
    desk = await bank_desk(shop)
    third = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    both = (each.post(at(once, "review"), APPROVE) for each in (desk.second, third.second))
    answers = await asyncio.gather(*both, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, Refused)]
    assert [each.code for each in refused] == ["conflicting_state"]
    done = await shop.until(once, "needs_attention")
    assert len(done["review"]["approvals"]) == 2 and events(done).count("approved") == 1


async def test_two_first_approvals_at_once_are_both_counted(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    refund = await desk.asked()

    await asyncio.gather(*(each.post(at(refund, "review"), APPROVE) for each in (desk.first, desk.second)))

    done = await shop.until(refund, "needs_attention")
    assert len(done["review"]["approvals"]) == 2 and events(done).count("approved_in_part") == 1


async def test_the_second_reviewer_may_reject_and_so_may_the_first(shop: Shop) -> None:
    desk = await bank_desk(shop)
    for order_id, reviewer in (("o1", desk.second), ("o2", desk.first)):
        await shop.order(order_id)
        refund = await desk.asked(order_id=order_id)
        await desk.first.post(at(refund, "review"), APPROVE)

        await reviewer.post(at(refund, "review"), {"decision": "reject", "note": "no such person"})

        done = await shop.until(refund, "rejected")
        assert (done["review"]["decision"], done["approvals"], done["payouts"]) == ("reject", [], [])


async def test_the_first_approval_stands_while_more_evidence_is_asked_for(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    await desk.second.post(at(once, "review"), {"decision": "request_evidence", "note": "whose account is it?"})
    await shop.merchant.post(at(once, "evidence"), {"evidence": ["https://shop.example/1.jpg"]})
    await desk.second.post(at(once, "review"), APPROVE)

    assert len((await shop.until(once, "needs_attention"))["review"]["approvals"]) == 2


async def test_a_signal_names_nobody_so_it_can_reject_and_not_approve(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    refund, words = await desk.asked(), {"by": "anybody", "key_id": "key_of_somebody"}

    await shop.workflow(refund).signal("decide", {**APPROVE, **words})
    unheard = await shop.until_event(refund, "not_understood")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await shop.workflow(refund).execute_update("review", {**APPROVE, "by": "anybody"})
    await shop.workflow(refund).signal("decide", {"decision": "reject", **words})

    assert unheard["approvals"] == [] and unheard["status"] == "in_review"
    assert getattr(refused.value.cause, "type", "") == OTHER_APPROVER_NEEDED
    assert (await shop.until(refund, "rejected"))["review"]["by"] == "temporal:anybody"


@pytest.mark.parametrize("victim", ["worker", "temporal", "postgres"])
async def test_a_crash_between_the_two_approvals_loses_neither(shop: Shop, stack: Stack, victim: str) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    stack.kill(victim)
    await desk.second.post(at(once, "review"), APPROVE)

    done = await shop.until(once, "needs_attention")
    assert len(done["review"]["approvals"]) == 2 and events(done).count("approved_in_part") == 1


@pytest.mark.parametrize("to", [min, max], ids=["first task", "last task"])
async def test_after_a_reset_between_the_two_the_first_key_is_still_known(shop: Shop, to: object) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    await reset(shop, once, to=to)  # type: ignore[arg-type]
    await shop.until_event(once, "picked_up")
    with pytest.raises(Refused, match="409 other_approver_needed"):
        await desk.first.post(at(once, "review"), APPROVE)
    await desk.second.post(at(once, "review"), APPROVE)

    done = await shop.until(once, "needs_attention")
    assert len(done["review"]["approvals"]) == 2 and events(done).count("approved_in_part") == 1


async def test_after_its_run_was_ended_between_the_two_the_first_key_is_still_known(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    await shop.workflow(once).terminate("by mistake")
    await shop.until_event(once, "picked_up")
    with pytest.raises(Refused, match="409 other_approver_needed"):
        await desk.first.post(at(once, "review"), APPROVE)
    await desk.second.post(at(once, "review"), APPROVE)

    assert len((await shop.until(once, "needs_attention"))["review"]["approvals"]) == 2


async def test_it_can_be_called_off_between_the_two(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()

    await shop.merchant.post(at(once, "cancel"), {})

    done = await shop.until(once, "cancelled")
    assert (done["review"], done["payouts"]) == (None, [])
    with pytest.raises(Refused, match="409 conflicting_state"):
        await desk.second.post(at(once, "review"), APPROVE)


@pytest.mark.parametrize(("review_timeout", "status"), [("approve", "needs_attention"), ("reject", "rejected")])
async def test_where_no_second_reviewer_comes_in_time_nobody_approves_in_their_place(
    shop: Shop, review_timeout: str, status: str
) -> None:
    desk = await bank_desk(shop, review_sla="P2D", review_timeout=review_timeout)
    await shop.order()

    once = await desk.approved_once()
    await clocks.advance(shop.owner, "P3D")
    late = await shop.until(once, status)

    assert (late["review"] or {}).get("decision") in (None, "reject")
    if status == "needs_attention":
        assert late["needs_attention"]["step"] == "review" and len(late["approvals"]) == 1
        await desk.second.post(at(once, "review"), APPROVE)
        assert len((await shop.until_event(once, "settled"))["review"]["approvals"]) == 2


async def test_a_customer_is_not_told_who_approved(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()
    key = {"Authorization": f"Bearer {await shop.customer_key('lilei')}"}

    before = (await shop.http.get(f"/v1/refunds/{once['refund_id']}", headers=key)).json()
    await desk.second.post(at(once, "review"), APPROVE)
    after = (await shop.http.get(f"/v1/refunds/{once['refund_id']}", headers=key)).json()

    assert (before["approvals"], after["review"]["approvals"], after["review"]["by"]) == ([], [], None)
    assert "key_" not in str(before) + str(after)
