"""The right to ask for refunds: suspended by rule or by operations, appealed against, given back (rule 34)."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db import rights
from db.api_keys import Role
from showcase.client import Api, Json, Refused
from tests.shop import ANYTHING, Shop


async def a_shop_that_allows(shop: Shop, count: int, **fields: Any) -> None:
    """A policy under which refunds of `count` orders are fine, and orders o1 to o4 to ask for."""
    await shop.policy(auto_approve=ANYTHING, refund_limit={"count": count}, **fields)
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "李雷", "locale": "zh-CN"})
    for place in range(1, 5):
        await shop.order(f"o{place}")


async def half(shop: Shop, order_id: str, **fields: Any) -> Json:
    return await shop.refund(order_id, lines=[{"line_id": "l1", "quantity": 1}], **fields)


async def refund_rights(shop: Shop) -> Json:
    found: Json = (await shop.customer())["refund_rights"]
    return found


async def suspend(shop: Shop, **fields: Any) -> Json:
    answer = await shop.ops.post(f"/v1/customers/{shop.customer_id}/suspension", fields)
    found: Json = answer["refund_rights"]
    return found


async def reinstate(shop: Shop) -> Json:
    path = f"/v1/customers/{shop.customer_id}/suspension"
    answer = await shop.raw(Role.OPS, "DELETE", path)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["refund_rights"]
    return found


def days_from_now(at: str) -> float:
    return (datetime.fromisoformat(at) - datetime.now(UTC)) / timedelta(days=1)


FREE = {"suspended": False, "restricted_until": None, "rule": None, "reason": None, "appeal": None}


# By the refund limit


async def test_the_refund_that_goes_over_is_accepted_and_the_next_is_refused_to_everybody(shop: Shop) -> None:
    await a_shop_that_allows(shop, 2)
    lilei = Api(shop.http, await shop.customer_key(shop.customer_id))

    for order_id in ("o1", "o2"):
        await half(shop, order_id)
    before = await refund_rights(shop)
    over = await shop.until(await half(shop, "o3"), "completed")

    assert before == FREE
    restricted = await refund_rights(shop)
    assert restricted["suspended"] and restricted["rule"] == "refund_limit"
    assert restricted["reason"] == "refunds of 3 orders asked for within P30D, the limit is 2"
    assert days_from_now(restricted["restricted_until"]) == pytest.approx(30, abs=0.01)
    assert "suspended" in [event["event"] for event in over["timeline"]]
    for api in (shop.merchant, lilei):
        with pytest.raises(Refused, match="422 refund_right_suspended") as refused:
            await api.post("/v1/refunds", {"order_id": "o4", "reason": "quality_issue"})
        assert restricted["restricted_until"][:10] in refused.value.detail
        assert restricted["reason"] in refused.value.detail and "/appeal" in refused.value.detail


async def test_several_parts_of_one_order_count_once_and_what_came_to_nothing_not_at_all(shop: Shop) -> None:
    await a_shop_that_allows(shop, 2)
    for _ in range(2):
        await half(shop, "o1")
    cancelled = await half(shop, "o2", reason="changed_mind", kind="return")
    await shop.merchant.post(f"/v1/refunds/{cancelled['refund_id']}/cancel", {})

    await half(shop, "o3")
    assert await refund_rights(shop) == FREE
    await half(shop, "o4")

    assert (await refund_rights(shop))["suspended"]


async def test_the_window_and_the_length_are_the_policys(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, refund_limit={"count": 1, "window": "P7D"}, suspension="P3D")
    for place in range(1, 4):
        await shop.order(f"o{place}")
    eight_days_ago = (datetime.now(UTC) - timedelta(days=8)).isoformat()

    await half(shop, "o1", requested_at=eight_days_ago)
    await half(shop, "o2")
    assert await refund_rights(shop) == FREE
    await half(shop, "o3")

    assert days_from_now((await refund_rights(shop))["restricted_until"]) == pytest.approx(3, abs=0.01)


async def test_of_many_requests_at_once_no_more_than_one_goes_over(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1)
    bodies = [{"order_id": f"o{place}", "reason": "changed_mind"} for place in range(1, 5)]

    answers = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body) for body in bodies))

    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(202, None): 2, (422, "refund_right_suspended"): 2}


async def test_a_suspension_ends_by_itself(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1, suspension="PT1S")
    await half(shop, "o1")
    await half(shop, "o2")

    await asyncio.sleep(1.1)

    assert await refund_rights(shop) == FREE
    assert (await half(shop, "o2"))["status"] == "in_review"


async def test_a_quote_stays_possible_and_says_that_the_right_is_suspended(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1)
    body = {"order_id": "o3", "reason": "quality_issue"}
    before = await shop.merchant.post("/v1/refunds/quote", body)
    await suspend(shop, reason="three chargebacks")

    quote = await shop.merchant.post("/v1/refunds/quote", body)

    assert before["refund_rights"] == FREE and quote["total"] == before["total"] == 120_000
    assert quote["refund_rights"]["suspended"] and quote["refund_rights"]["reason"] == "three chargebacks"


# By malicious returns


async def a_return_found(shop: Shop, order_id: str, disposition: str) -> Json:
    refund = await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})
    line = {"line_id": "l1", "accepted": 1, "rejected": 1, "disposition": disposition}
    await shop.warehouse.post(f"{at}/inspection", {"lines": [line]})
    return await shop.until(refund, "completed")


async def test_the_second_malicious_return_suspends_and_its_refund_goes_on(shop: Shop) -> None:
    await a_shop_that_allows(shop, 10, suspension="P5D")

    await a_return_found(shop, "o1", "worn")
    await a_return_found(shop, "o2", "swapped")
    assert await refund_rights(shop) == FREE
    second = await a_return_found(shop, "o3", "malicious")

    restricted = await refund_rights(shop)
    assert (restricted["rule"], restricted["reason"]) == ("malicious_returns", "2 malicious returns")
    assert days_from_now(restricted["restricted_until"]) == pytest.approx(5, abs=0.01)
    assert second["total"] == 60_000
    assert sum("2 次退货" in text for text in await shop.inbox()) == 1


# By operations, and back


async def test_operations_suspend_for_as_long_as_the_policy_says_or_until_they_say(shop: Shop) -> None:
    await a_shop_that_allows(shop, 5, suspension="P2D")

    by_policy = await suspend(shop)
    outright = await suspend(shop, note="three chargebacks", until="2036-01-01T00:00:00Z")

    assert by_policy["reason"] == "decided by operations" and by_policy["rule"] == "operations"
    assert days_from_now(by_policy["restricted_until"]) == pytest.approx(2, abs=0.01)
    assert outright["reason"] == "three chargebacks" and outright["restricted_until"] == "2036-01-01T00:00:00Z"
    assert await refund_rights(shop) == outright
    with pytest.raises(Refused, match="422 refund_right_suspended"):
        await shop.refund("o1")


async def test_a_suspension_that_would_be_over_already_is_refused(shop: Shop) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed"):
        await suspend(shop, until="2026-01-01T00:00:00Z")
    with pytest.raises(Refused, match="404 not_found"):
        await shop.ops.post("/v1/customers/nobody/suspension", {})


async def test_whoever_is_reinstated_may_ask_again_and_is_counted_anew(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1)
    await half(shop, "o1")
    under_way = await half(shop, "o2")

    back = await reinstate(shop)
    again = await reinstate(shop)

    assert back == again == FREE
    await half(shop, "o3")
    assert await refund_rights(shop) == FREE
    await half(shop, "o4")
    assert (await refund_rights(shop))["suspended"]
    await shop.until(under_way, "completed")
    inbox = await shop.inbox()
    assert inbox.count("您的退款权限已恢复，可以再次申请退款。") == 1
    assert sum("您在短时间内申请了 2 个订单的退款，上限为 1 个" in text for text in inbox) == 2


async def test_risk_control_tells_other_rules_until_when_a_customer_is_restricted(shop: Shop) -> None:
    await shop.order()

    async def restricted() -> datetime | None:
        async with shop.engine.connect() as connection:
            return await rights.restricted_until(connection, shop.merchant_id, shop.customer_id)

    before = await restricted()
    await suspend(shop, until="2036-01-01T00:00:00Z")
    during = await restricted()
    await reinstate(shop)

    assert (before, during, await restricted()) == (None, datetime(2036, 1, 1, tzinfo=UTC), None)


# Appeals


async def test_a_suspended_customer_appeals_once_and_operations_read_it(shop: Shop) -> None:
    await shop.order()
    lilei = Api(shop.http, await shop.customer_key(shop.customer_id))
    at = f"/v1/customers/{shop.customer_id}"
    with pytest.raises(Refused, match="409 conflicting_state"):
        await lilei.post(f"{at}/appeal", {"note": "it was not me"})
    await suspend(shop, reason="three chargebacks")

    appealed = await lilei.post(f"{at}/appeal", {"note": "it was not me"})
    again = await lilei.post(f"{at}/appeal", {"note": "it was not me"})

    appeal = appealed["refund_rights"]["appeal"]
    assert (appeal["by"], appeal["note"]) == (f"customer:{shop.customer_id}", "it was not me")
    assert again == appealed == await lilei.get(f"{at}/suspension")
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.merchant.post(f"{at}/appeal", {"note": "something else"})
    inbox = (await shop.ops.get("/v1/inbox"))["items"]
    assert [(each["topic"], each["refund_id"]) for each in inbox] == [("appealed", None)]
    assert all(word in inbox[0]["body"] for word in ("lilei", "three chargebacks", "it was not me"))


async def test_customers_see_and_appeal_for_themselves_alone(shop: Shop) -> None:
    await shop.order()
    await suspend(shop)
    hanmeimei = Api(shop.http, await shop.customer_key("hanmeimei"))

    with pytest.raises(Refused, match="404 not_found"):
        await hanmeimei.post(f"/v1/customers/{shop.customer_id}/appeal", {"note": "for a friend"})
    with pytest.raises(Refused, match="404 not_found"):
        await hanmeimei.get(f"/v1/customers/{shop.customer_id}/suspension")


# The trail


async def test_the_same_key_suspends_once_and_the_audit_trail_tells_it_all(shop: Shop) -> None:
    await shop.order()
    path = f"/v1/customers/{shop.customer_id}/suspension"
    for _ in range(3):
        await shop.ops.post(path, {"reason": "three chargebacks"}, key="k1")
    await reinstate(shop)

    trail = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]

    assert [(entry["action"], entry["actor"], entry["refund_id"]) for entry in trail] == [
        ("suspended", "ops", None),
        ("reinstated", "ops", None),
    ]
    assert await shop.ops.get("/v1/audit/verification") == {"intact": True, "broken_at": None}
    inbox = await shop.inbox()
    assert len(inbox) == 2 and "three chargebacks" in inbox[0]


async def test_an_audit_trail_of_nobody_is_not_asked_for(shop: Shop) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.ops.get("/v1/audit")
