"""Two different people, a ladder of amounts, nobody for themselves: on every road by which a refund is approved."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from db import api_keys
from db.api_keys import Role
from db.schema import audit_entries
from tests.api.bulk_desk import BulkDesk, a_refund
from tests.shop import Shop
from tests.workflows.bank_desk import APPROVE, at
from tools.client import Api, Json, Refused


async def person(shop: Shop, name: str, role: Role = Role.REVIEWER) -> Api:
    """One more key of somebody."""
    made = await shop.owner.post("/v1/api-keys", {"role": role, "person": name})
    return Api(shop.http, made["key"])


async def asked(shop: Shop, by: Api | None = None, **fields: Any) -> Json:
    body = {"order_id": "o1", "reason": "changed_mind", "kind": "refund_only", **fields}
    return await shop.until_judged(await (by or shop.merchant).post("/v1/refunds", body))


# Who approves (rule 33)


async def test_over_an_amount_two_different_people_approve_whichever_keys_they_use(shop: Shop) -> None:
    await shop.policy(second_review_above=50_000)
    await shop.order()
    refund = await asked(shop)
    li, han = await person(shop, "li"), await person(shop, "han")

    once = await li.post(at(refund, "review"), APPROVE)
    with pytest.raises(Refused, match="409 other_approver_needed: you have approved it already"):
        await (await person(shop, "li")).post(at(refund, "review"), APPROVE)
    twice = await han.post(at(refund, "review"), APPROVE)

    assert "second_review" in [each["code"] for each in refund["waits_because"]]
    assert (once["status"], once["approvals_needed"]) == ("in_review", 2)
    assert [each["key_id"] for each in twice["review"]["approvals"]] == ["person:li", "person:han"]
    assert [each["by"] for each in twice["review"]["approvals"]] == ["reviewer:li", "reviewer:han"]


async def test_what_reviewers_write_stands_beside_the_trail_where_it_can_be_erased(shop: Shop) -> None:
    wrote = ["li-wrote", "han-wrote", "somebody-wrote"]
    for order_id in ("o1", "o2"):
        await shop.order(order_id)
    await shop.policy(second_review_above=50_000)
    by_two = await asked(shop)
    for name, note in zip(("li", "han"), wrote, strict=False):
        await (await person(shop, name)).post(at(by_two, "review"), {**APPROVE, "note": note})
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    by_signal = await asked(shop, order_id="o2")
    said = {"decision": "approve", "by": "wang", "note": wrote[-1]}
    await shop.workflow(by_signal).signal("decide", said)
    await shop.until_event(by_signal, "approved")

    shown = str((await shop.ops.get("/v1/audit"))["items"])
    async with shop.engine.connect() as connection:
        of_merchant = audit_entries.c.merchant_id == shop.merchant_id
        kept = str((await connection.execute(select(audit_entries.c.detail).where(of_merchant))).scalars().all())

    assert [note in shown for note in wrote] == [True] * 3
    assert [note in kept for note in wrote] == [False] * 3


async def test_parts_are_judged_like_the_whole_and_no_rule_approves_what_two_have_to(shop: Shop) -> None:
    await shop.lenient_policy(second_review_above=100_000)
    await shop.order()
    half = [{"line_id": "l1", "quantity": 1}]

    first, second = await shop.refund(lines=half), await asked(shop, lines=half)

    assert (first["approvals_needed"], second["approvals_needed"]) == (1, 2)
    assert [each["code"] for each in second["waits_because"]] == ["second_review"]


async def test_nobody_approves_what_they_have_asked_for(shop: Shop) -> None:
    await shop.order()
    refund = await asked(shop, await person(shop, "li", Role.MERCHANT))

    with pytest.raises(Refused, match="409 other_approver_needed: you have asked for this refund"):
        await (await person(shop, "li")).post(at(refund, "review"), APPROVE)

    assert (await (await person(shop, "han")).post(at(refund, "review"), APPROVE))["review"]["by"] == "reviewer:han"


async def test_nobody_approves_what_they_have_asked_for_with_others_in_a_bulk(shop: Shop) -> None:
    await shop.policy(bulk_grace="PT0S")
    await shop.order()
    of_li = await shop.owner.post("/v1/api-keys", {"role": Role.OPS, "person": "li"})
    desk = BulkDesk(replace(shop, keys={**shop.keys, Role.OPS: of_li["key"]}))
    bulk = await desk.previewed(a_refund("o1", reason="changed_mind"))
    await BulkDesk(shop).confirmed(bulk)
    refund = {"refund_id": (await desk.until_begun(bulk))["lines"][0]["refund_id"]}
    await shop.until_judged(refund)

    with pytest.raises(Refused, match="409 other_approver_needed: you have asked for this refund"):
        await (await person(shop, "li")).post(at(refund, "review"), APPROVE)

    assert (await (await person(shop, "han")).post(at(refund, "review"), APPROVE))["review"]["by"] == "reviewer:han"
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert [each["actor"] for each in trail if each["action"] == "requested"] == ["ops:li"]


async def test_nobody_approves_what_comes_of_the_order_that_they_have_sent(shop: Shop) -> None:
    li = await person(shop, "li", Role.MERCHANT)
    owing = shop.order_body(payments=[], owed=120_000, paid_at=None)
    await li.put("/v1/orders/o1", owing)
    first = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    await shop.policy(auto_approve={"max_amount": 0})
    cash = [{"payment_id": "cash", "method": "other", "amount": 120_000}]
    paid = {"payments": cash, "owed": 0, "paid_at": owing["delivered_at"], "updated_at": owing["delivered_at"]}
    said = await li.put("/v1/orders/o1", {**owing, **paid})
    (refund,) = (each for each in said["refunds"] if each["refund_id"] != first["refund_id"])
    await shop.until_judged(refund)

    with pytest.raises(Refused, match="409 other_approver_needed: you have asked for this refund"):
        await (await person(shop, "li")).post(at(refund, "review"), APPROVE)

    assert (await (await person(shop, "han")).post(at(refund, "review"), APPROVE))["review"]["by"] == "reviewer:han"


async def by_a_key(shop: Shop, staff: Api) -> Api:
    made = await staff.post(f"/v1/customers/{shop.customer_id}/keys", {})
    return Api(shop.http, made["key"])


async def by_a_link(shop: Shop, staff: Api) -> Api:
    link = parse_qs(urlsplit((await staff.post("/v1/orders/o1/page/links", {}))["url"]).query)["link"][0]
    code_id, _, code = link.partition(".")
    opened = await shop.http.post("/v1/identity/sessions", json={"code_id": code_id, "code": code})
    return Api(shop.http, opened.json()["key"])


@pytest.mark.parametrize("handed_over", [by_a_key, by_a_link])
async def test_whoever_can_ask_as_a_customer_has_asked_for_what_the_customer_asks_for(
    shop: Shop, handed_over: Callable[[Shop, Api], Awaitable[Api]]
) -> None:
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    await shop.order()
    refund = await asked(shop, await handed_over(shop, await person(shop, "li", Role.MERCHANT)))

    with pytest.raises(Refused, match="409 other_approver_needed: you have asked for this refund"):
        await (await person(shop, "li")).post(at(refund, "review"), APPROVE)
    with pytest.raises(WorkflowUpdateFailedError):
        await shop.workflow(refund).execute_update("review", APPROVE)

    assert (await (await person(shop, "han")).post(at(refund, "review"), APPROVE))["review"]["by"] == "reviewer:han"
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert [each["actor"] for each in trail if each["action"] == "requested"] == ["customer:lilei"]


async def test_who_may_approve_less_leaves_it_to_who_may_more(shop: Shop) -> None:
    await shop.policy(review_limits={"reviewer": 50_000, "han": {"CNY": 120_000}})
    await shop.order()
    refund = await asked(shop)

    for desk in (shop.reviewer, await person(shop, "li")):
        with pytest.raises(Refused, match="409 other_approver_needed: the order would have"):
            await desk.post(at(refund, "review"), APPROVE)

    assert (await (await person(shop, "han")).post(at(refund, "review"), APPROVE))["review"]["decision"] == "approve"


# What comes from Temporal (rules 33 and 39)


async def test_an_update_at_temporal_approves_as_little_as_a_signal_and_is_marked(shop: Shop) -> None:
    await shop.order()
    refund = await asked(shop, lines=[{"line_id": "l1", "quantity": 1}])
    said = {**APPROVE, "by": "reviewer"}

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await shop.workflow(refund).execute_update("review", said)
    await shop.policy(approval_from_temporal={"up_to": 60_000})
    await shop.workflow(refund).execute_update("review", said)

    assert "the policy allows ¥200.00" in str(refused.value.cause)
    assert (await shop.until(refund, "completed"))["review"]["by"] == "temporal:reviewer"
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    marked = [(each["action"], each["detail"].get("how")) for each in trail if each["actor"] == "temporal:reviewer"]
    assert marked == [("approval_by_signal", "update"), ("approved", None)]


async def test_a_key_that_somebody_at_temporal_makes_up_approves_nothing(shop: Shop) -> None:
    await shop.order()
    refund = await asked(shop)
    async with shop.engine.connect() as connection:
        known = await api_keys.identify(connection, shop.keys[Role.REVIEWER])
    assert known is not None
    forged = {**APPROVE, "by": "reviewer", "key_id": known.caller.identity}

    with pytest.raises((WorkflowUpdateFailedError, RPCError)):
        await shop.workflow(refund).execute_update("review", forged)

    assert (await shop.until(refund, "in_review"))["review"] is None
    approved = await shop.reviewer.post(at(refund, "review"), APPROVE)
    assert approved["review"]["decision"] == "approve"


async def test_what_one_of_the_staff_has_asked_for_is_not_approved_by_who_has_no_name(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    await shop.order()
    refund = await asked(shop, await person(shop, "li", Role.MERCHANT))

    await shop.workflow(refund).signal("decide", APPROVE)
    unheard = await shop.until_event(refund, "not_understood")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await shop.workflow(refund).execute_update("review", APPROVE)

    assert (unheard["status"], unheard["review"]) == ("in_review", None)
    assert "approve it over HTTP" in str(refused.value.cause)
