"""The reviewers' queue: what is due first is at its head, and two people don't decide about the same refund."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db import refunds
from db.api_keys import Role
from db.schema import review_assignments
from domain import clock
from tests.shop import ANYTHING, Shop, a_line
from tools.client import Api, Json, Refused


async def waiting(shop: Shop, order_id: str = "o1", **fields: Any) -> Json:
    """A refund that waits for a reviewer."""
    await shop.order(order_id, **fields)
    return await shop.until_judged(await shop.refund(order_id, reason="changed_mind"))


async def queue(shop: Shop, **query: Any) -> list[str]:
    return [each["refund_id"] for each in (await shop.reviewer.get("/v1/reviews", **query))["items"]]


async def take(api: Api, refund: Json) -> Json:
    return await api.put(f"/v1/reviews/{refund['refund_id']}/assignment", {})


async def decide(api: Api, refund: Json, decision: str = "approve") -> Json:
    return await api.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": decision})


async def ends(shop: Shop, refund: Json) -> None:
    """Whoever is at it has been for as long as they may."""
    theirs = review_assignments.c.refund_id == refund["refund_id"]
    async with shop.engine.begin() as connection:
        await connection.execute(update(review_assignments).where(theirs).values(expires_at=clock.now()))


async def test_what_is_due_first_is_at_the_head_whatever_came_first(shop: Shop) -> None:
    auto = {**ANYTHING, "reasons": ["quality_issue"]}
    await shop.policy(auto_approve=auto, review_sla="P3D")
    first = await waiting(shop, "o1")
    await shop.policy(auto_approve=auto, review_sla="PT2H")
    second, third = await waiting(shop, "o2"), await waiting(shop, "o3")
    await shop.order("o4")
    await shop.approved_refund("o4")  # no reviewer is asked

    page = await shop.reviewer.get("/v1/reviews", limit=2)
    rest = await shop.reviewer.get("/v1/reviews", cursor=page["next"], limit=2)

    assert [each["refund_id"] for each in page["items"]] == [second["refund_id"], third["refund_id"]]
    assert [each["refund_id"] for each in rest["items"]] == [first["refund_id"]]
    assert (page["waiting"], page["overdue"], rest["next"]) == (3, 0, None)
    head = page["items"][0]
    assert head["waits_because"][0]["code"] == "reason_not_listed" and head["assignment"] is None


async def test_it_is_narrowed_by_reason_amount_currency_and_risk(shop: Shop) -> None:
    dear = await waiting(shop, "o1")
    cheap = await waiting(shop, "o2", lines=[a_line("l1", unit_price=5_00)])

    assert await queue(shop, amount_from=100_00) == [dear["refund_id"]]
    assert await queue(shop, amount_to=100_00) == [cheap["refund_id"]]
    assert await queue(shop, reason="quality_issue") == await queue(shop, currency="USD") == []
    assert await queue(shop, risk_from=100) == []
    assert await queue(shop, reason="changed_mind", currency="CNY", risk_from=0) == [
        dear["refund_id"],
        cheap["refund_id"],
    ]


async def test_a_reviewer_who_asked_for_evidence_has_the_whole_time_again(shop: Shop) -> None:
    refund = await waiting(shop)
    at = f"/v1/reviews/{refund['refund_id']}"
    before = await shop.reviewer.get(at)
    await decide(shop.reviewer, refund, "request_evidence")

    after = await shop.reviewer.get(at)

    assert (before["evidence_requested"], after["evidence_requested"]) == (False, True)
    assert after["due_at"] > before["due_at"]


async def test_what_nobody_decided_in_time_is_still_the_reviewers_and_overdue(shop: Shop) -> None:
    refund = await waiting(shop)
    asks = {"step": "review", "reason": "nobody decided", "actions": ["approve", "reject"]}
    late = {"status": "needs_attention", "needs_attention": asks, "created_at": clock.now() - timedelta(days=30)}
    async with shop.engine.begin() as connection:
        await refunds.change(connection, refund["refund_id"], **late)

    found = await shop.reviewer.get("/v1/reviews")

    assert (found["waiting"], found["overdue"]) == (1, 1)


async def test_while_one_is_at_it_nobody_else_decides(shop: Shop) -> None:
    refund, other = await waiting(shop), await shop.another(Role.REVIEWER)

    taken = await take(shop.reviewer, refund)

    assert taken["is_yours"] and taken["assigned_to"] == "reviewer"
    (shown,) = (await other.get("/v1/reviews"))["items"]
    assert shown["assignment"]["until"] == taken["until"] and not shown["assignment"]["is_yours"]
    for say in (take, decide):
        with pytest.raises(Refused, match="409 conflicting_state: reviewer is at this review until"):
            await say(other, refund)
    assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "in_review"
    assert (await decide(shop.reviewer, refund))["review"]["decision"] == "approve"


async def test_it_is_free_again_when_it_is_put_back_and_after_a_while(shop: Shop) -> None:
    refund, other = await waiting(shop), await shop.another(Role.REVIEWER)
    path = f"/v1/reviews/{refund['refund_id']}/assignment"
    await take(shop.reviewer, refund)
    await take(shop.reviewer, refund)  # said again it goes on
    assert (await shop.raw(Role.REVIEWER, "DELETE", path)).status_code == 204

    assert (await take(other, refund))["is_yours"]
    assert (await shop.raw(Role.REVIEWER, "DELETE", path)).status_code == 204  # what is another's stays theirs
    with pytest.raises(Refused, match="409 conflicting_state"):
        await take(shop.reviewer, refund)
    await ends(shop, refund)
    assert (await take(shop.reviewer, refund))["is_yours"]


async def test_with_the_first_of_two_approvals_it_is_free_for_the_second(shop: Shop) -> None:
    await shop.policy(second_review_above=1_00)
    refund, other = await waiting(shop), await shop.another(Role.REVIEWER)
    await take(shop.reviewer, refund)
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"}, key="once")

    shown = await other.get(f"/v1/reviews/{refund['refund_id']}")
    assert (shown["approvals"], shown["approvals_needed"], shown["assignment"]) == (1, 2, None)
    await take(other, refund)
    # What took effect is answered as before when it is repeated, whoever is at it by now.
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"}, key="once")
    assert (await decide(other, refund))["review"]["decision"] == "approve"


async def test_safe_is_what_only_its_reason_keeps_from_a_rule_and_what_you_have_not_asked_for(shop: Shop) -> None:
    by_rule = {**ANYTHING, "reasons": ["quality_issue"], "max_amount": 2_000_00}
    await shop.policy(auto_approve=by_rule, second_review_above=1_500_00)
    safe = await waiting(shop, "o1")
    coupon = [{"source": "points", "points": 100, "amount": 1_00}]
    both = await waiting(shop, "o2", discounts=coupon)
    await waiting(shop, "o3", lines=[a_line("l1", unit_price=1_600_00)])  # two people have to
    await waiting(shop, "o4", lines=[a_line("l1", unit_price=2_100_00)])  # over what a rule may
    asked, taken = await waiting(shop, "o6"), await waiting(shop, "o7")
    await decide(shop.reviewer, asked, "request_evidence")
    await take(await shop.another(Role.REVIEWER), taken)

    found = await shop.reviewer.get("/v1/reviews/safe")
    first = await shop.reviewer.get("/v1/reviews/safe", limit=1)

    assert [each["refund_id"] for each in found["items"]] == [safe["refund_id"], both["refund_id"]]
    assert (found["waiting"], first["waiting"], len(first["items"])) == (2, 2, 1)
    sums = {"lines": 2, "amount": 2_399_00}
    by = {"tenders": [{"tender": "card", **sums}], "reasons": [{"reason": "changed_mind", **sums}]}
    assert found["totals"] == [{"currency": "CNY", **sums, **by}]
    assert [each["amount"] for each in first["totals"]] == [1_200_00]


async def test_precedents_are_what_people_decided_about_the_same_kind_of_case(shop: Shop, other_shop: Shop) -> None:
    shoes = [{**a_line("l1", unit_price=50_00), "category": "shoes"}]
    approved, rejected = await waiting(shop, "o1", lines=shoes), await waiting(shop, "o2")
    await shop.reviewer.post(
        f"/v1/refunds/{approved['refund_id']}/review", {"decision": "approve", "note": "a regular"}
    )
    body = {"decision": "reject", "reason_code": "goods_used"}
    await shop.reviewer.post(f"/v1/refunds/{rejected['refund_id']}/review", body)
    await shop.order("o3")
    await shop.approved_refund("o3")  # a rule did, and for another reason
    await decide(other_shop.reviewer, await waiting(other_shop, "o1"))
    asked = await waiting(shop, "o4", lines=shoes)

    found = await shop.reviewer.get(f"/v1/reviews/{asked['refund_id']}/precedents")

    assert (found["reason"], found["risk"], found["approved"], found["rejected"]) == ("changed_mind", "low", 1, 1)
    assert [(each["order_id"], each["same_category"]) for each in found["items"]] == [("o1", True), ("o2", False)]
    assert [each["decision"] for each in found["items"]] == ["approve", "reject"]
    assert (found["items"][0]["note"], found["items"][1]["reason_code"]) == ("a regular", "goods_used")
