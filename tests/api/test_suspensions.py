"""Operations suspend and reinstate, customers appeal, and the trail tells it all (rule 34)."""

from datetime import UTC, datetime

import pytest

from db import rights
from tests.api.rights_desk import FREE, a_shop_that_allows, days_from_now, half, refund_rights, reinstate, suspend
from tests.shop import Shop
from tools.client import Api, Refused


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
        ("order_booked", "merchant", None),
        ("suspended", "ops", None),
        ("reinstated", "ops", None),
    ]
    assert (await shop.ops.get("/v1/audit/verification"))["intact"]
    inbox = await shop.inbox()
    assert len(inbox) == 2 and "three chargebacks" in inbox[0]
