"""The right to ask for refunds is suspended by rule: over the refund limit, or by malicious returns (rule 34)."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from db.api_keys import Role
from domain import clock
from tests.api.rights_desk import FREE, a_shop_that_allows, days_from_now, half, refund_rights, suspend
from tests.shop import Shop, days_ago
from tools.client import Api, Json, Refused

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
    cancelled = await half(shop, "o2", kind="return")
    await shop.merchant.post(f"/v1/refunds/{cancelled['refund_id']}/cancel", {})

    await half(shop, "o3")
    assert await refund_rights(shop) == FREE
    await half(shop, "o4")

    assert (await refund_rights(shop))["suspended"]


async def test_the_window_and_the_length_are_the_policys(shop: Shop) -> None:
    await shop.lenient_policy(refund_limit={"count": 1, "window": "P7D"}, suspension="P3D")
    for place in range(1, 4):
        await shop.order(f"o{place}")
    eight_days_ago = (clock.now() - timedelta(days=8)).isoformat()

    await half(shop, "o1", requested_at=eight_days_ago)
    await half(shop, "o2")
    assert await refund_rights(shop) == FREE
    await half(shop, "o3")

    assert days_from_now((await refund_rights(shop))["restricted_until"]) == pytest.approx(3, abs=0.01)


async def test_what_went_back_elsewhere_counts_on_the_day_it_moved(shop: Shop) -> None:
    await a_shop_that_allows(shop, 2)
    await shop.lenient_policy(refund_limit={"count": 2, "window": "P7D"})
    for order_id, moved_at in (("o1", days_ago(12)), ("o2", days_ago(2))):
        said = {"external_id": "till-1", "amount": 60_000, "reason": "changed_mind", "at": moved_at}
        told = await shop.merchant.post(f"/v1/orders/{order_id}/external-refunds", said)
        await shop.until(told, "completed")

    await half(shop, "o3")
    before = await refund_rights(shop)
    await half(shop, "o4")

    assert before == FREE
    assert (await refund_rights(shop))["reason"] == "refunds of 3 orders asked for within P7D, the limit is 2"


async def test_of_many_requests_at_once_no_more_than_one_goes_over(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1)
    bodies = [{"order_id": f"o{place}", "reason": "changed_mind"} for place in range(1, 5)]

    answers = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body) for body in bodies))

    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(202, None): 2, (422, "refund_right_suspended"): 2}


async def test_what_is_the_merchants_own_fault_does_not_count(shop: Shop) -> None:
    """Before, whose six parcels were all delivered broken could not ask for thirty days."""
    await a_shop_that_allows(shop, 1)
    await half(shop, "o1")
    for place, reason in enumerate(("quality_issue", "delivery_error", "merchant_breach"), 2):
        await half(shop, f"o{place}", reason=reason)

    assert await refund_rights(shop) == FREE

    await half(shop, "o4")
    assert (await refund_rights(shop))["reason"] == "refunds of 2 orders asked for within P30D, the limit is 1"


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


async def a_return_found(shop: Shop, order_id: str, disposition: str, *, accepted: int = 1) -> Json:
    refund = await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})
    line = {"line_id": "l1", "accepted": accepted, "rejected": 2 - accepted, "disposition": disposition}
    await shop.warehouse.post(f"{at}/inspection", {"lines": [line]})
    return await shop.until(refund, "completed" if accepted else "rejected")


async def test_the_second_malicious_return_suspends_and_its_refund_goes_on(shop: Shop) -> None:
    await a_shop_that_allows(shop, 10, suspension="P5D")

    await a_return_found(shop, "o1", "worn")
    await a_return_found(shop, "o2", "swapped", accepted=0)
    assert await refund_rights(shop) == FREE
    second = await a_return_found(shop, "o3", "malicious")

    restricted = await refund_rights(shop)
    assert (restricted["rule"], restricted["reason"]) == ("malicious_returns", "2 malicious returns")
    assert days_from_now(restricted["restricted_until"]) == pytest.approx(5, abs=0.01)
    assert second["total"] == 60_000
    assert sum("2 次退货" in text for text in await shop.inbox()) == 1
