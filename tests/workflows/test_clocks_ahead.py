"""A merchant who tries things out puts their clock forward, and what would have come by waiting comes (0107)."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db.api_keys import Role
from domain import clock
from tests.api.provoked_gateways import A_GATEWAY
from tests.shop import ANYTHING, Shop, open_shop
from tools import clocks
from tools.client import Json, Refused

A_MOMENT = timedelta(minutes=30)
"""What a machine may need that does much else; what is told apart here is hours apart."""


async def advance(shop: Shop, by: str) -> Json:
    return await clocks.advance(shop.owner, by)


async def now_of(shop: Shop) -> datetime:
    return datetime.fromisoformat((await shop.owner.get("/v1/test-clock"))["now"])


async def events(shop: Shop, refund: Json) -> list[tuple[str, datetime]]:
    timeline = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["timeline"]
    return [(each["event"], datetime.fromisoformat(each["at"])) for each in timeline]


async def told(shop: Shop, path: str = "/v1/inbox") -> dict[str, datetime]:
    """When each topic was told first: to operations, or to a customer by their path."""
    api = shop.ops if path == "/v1/inbox" else shop.merchant
    items = (await api.get(path))["items"]
    return {each["topic"]: datetime.fromisoformat(each["at"]) for each in reversed(items)}


async def a_return(shop: Shop, **policy: object) -> Json:
    return await shop.until(await asked_for(shop, **policy), "awaiting_return")


async def asked_for(shop: Shop, **policy: object) -> Json:
    await shop.policy(auto_approve=ANYTHING, **policy)
    await shop.order()
    return await shop.refund(kind="return")


async def test_a_return_is_reminded_of_and_expires_at_its_moments_though_a_month_passes_at_once(
    shop: Shop, http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client
) -> None:
    other = await open_shop(http, engine, temporal)
    refund, of_other = await a_return(shop), await a_return(other)
    began, deliver_by = await now_of(shop), datetime.fromisoformat(refund["return"]["deliver_by"])

    stands = await advance(shop, "P30D")

    story = dict(await events(shop, refund))
    assert await shop.until(refund, "expired")
    assert deliver_by <= story["expired"] < deliver_by + A_MOMENT
    customer = await told(shop, f"/v1/customers/{shop.customer_id}/inbox")
    reminded = customer["return_reminder"] - (deliver_by - timedelta(days=2))
    assert timedelta() <= reminded < A_MOMENT
    assert customer["return_reminder"] < customer["expired"]
    assert began + timedelta(days=30) <= datetime.fromisoformat(stands["now"]) < began + timedelta(days=31)
    assert abs(await now_of(other) - clock.now()) < A_MOMENT
    assert (await other.until(of_other, "awaiting_return"))["timeline"] == of_other["timeline"]


async def test_a_return_that_is_asked_for_when_the_clock_is_ahead_has_all_its_days(shop: Shop) -> None:
    await advance(shop, "P20D")

    refund = await a_return(shop, return_window="P365D")

    left = datetime.fromisoformat(refund["return"]["deliver_by"]) - await now_of(shop)
    assert timedelta(days=7) - A_MOMENT < left < timedelta(days=8)
    assert refund["status"] == "awaiting_return"


async def test_a_review_is_reminded_of_overdue_and_repeated_each_at_its_time(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 0}, review_sla="P2D")
    await shop.order()
    refund = await shop.until_judged(await shop.refund())
    asked = datetime.fromisoformat(refund["created_at"])

    await advance(shop, "P3D")

    operations = await told(shop)
    assert timedelta() <= operations["review_due"] - (asked + timedelta(days=1)) < A_MOMENT
    attention = dict(await events(shop, refund))["needs_attention"]
    assert timedelta() <= attention - (asked + timedelta(days=2)) < A_MOMENT
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")
    assert datetime.fromisoformat(done["completed_at"]) > asked + timedelta(days=3)


async def test_a_payout_that_waits_for_the_merchants_balance_is_shown_to_people_after_a_day(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "balance_too_low")
    refund = await shop.until(await shop.refund(), "paying_out")

    await advance(shop, "P1DT3H")

    waiting = await shop.until(refund, "needs_attention")
    at = dict(await events(shop, refund))["needs_attention"] - datetime.fromisoformat(refund["created_at"])
    assert timedelta(days=1) <= at < timedelta(days=1, hours=2)
    assert "waits for the merchant's balance" in waiting["needs_attention"]["reason"]
    await shop.behave("ch-o1", "succeed")
    await shop.until(refund, "completed")


async def test_windows_points_and_coupons_run_out(shop: Shop) -> None:
    soon = (clock.now() + timedelta(days=10)).isoformat()
    await shop.order(delivered_at=clock.now().isoformat(), points_earned=[{"points": 50, "expires_at": soon}])
    coupon = {"customer_id": shop.customer_id, "name": "10 off", "amount": 1000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/c10", {**coupon, "valid_until": soon})
    before = (await shop.customer())["points"]["balance"], (await shop.merchant.get("/v1/coupons/c10"))["status"]

    await advance(shop, "P40D")

    after = (await shop.customer())["points"]["balance"], (await shop.merchant.get("/v1/coupons/c10"))["status"]
    assert (before, after) == ((50, "unused"), (0, "expired"))
    with pytest.raises(Refused, match="422 outside_return_window"):
        await shop.refund(kind="return", reason="changed_mind")


async def test_a_story_is_the_same_by_waiting_as_by_the_clock(
    shop: Shop, http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client
) -> None:
    waits, advances = shop, await open_shop(http, engine, temporal)
    stories = []
    for each in (waits, advances):
        refund = await asked_for(each, return_deadline="PT4S")
        if each is advances:
            await advance(each, "PT10S")
        await each.until(refund, "expired")
        story = await events(each, refund)
        assert dict(story)["expired"] - datetime.fromisoformat(refund["created_at"]) >= timedelta(seconds=4)
        stories.append(
            ([event for event, _ in story], list(await told(each, f"/v1/customers/{each.customer_id}/inbox")))
        )

    assert stories[0] == stories[1]


async def test_a_clock_goes_forward_only_and_not_by_more_than_a_year_at_once(shop: Shop) -> None:
    for by in (
        "-P1D",
        "P400D",
        "P9999Y",
        "PT999999999S",
        "P99999999999D",
        "PT1.5H",
        "PT",
        "P1D\n",
        "tomorrow",
        "",
        86_400,
        None,
    ):
        with pytest.raises(Refused, match="422 validation_failed"):
            await shop.owner.post("/v1/test-clock/advance", {"by": by})
    for role in set(Role) - {Role.OWNER, Role.CUSTOMER}:
        answer = await shop.raw(role, "POST", "/v1/test-clock/advance", json={"by": "P1D"})
        assert answer.json()["code"] == "forbidden"
    assert (await shop.owner.get("/v1/test-clock"))["ahead"] == "PT0S"


async def test_who_sends_the_same_again_goes_forward_once_and_two_at_once_go_as_far_as_both_said(shop: Shop) -> None:
    refund = await a_return(shop)
    for _ in range(2):
        stands = await shop.owner.post("/v1/test-clock/advance", {"by": "P1D"}, key="once")
    assert stands["ahead"] == "PT86400S"

    await asyncio.gather(*(advance(shop, "P10D") for _ in range(2)))

    assert (await shop.owner.get("/v1/test-clock"))["ahead"] == f"PT{21 * 86_400}S"
    assert [event for event, _ in await events(shop, refund)].count("expired") == 1
    trail = (await shop.ops.get("/v1/audit"))["items"]
    said = [each["detail"]["by_s"] for each in trail if each["action"] == "test_clock_advanced"]
    assert [by_s for by_s in said if by_s] == [86_400, 864_000, 864_000]


async def test_no_time_passes_where_none_is_asked_for_and_a_refund_that_is_asked_for_meanwhile_has_all_its_days(
    shop: Shop,
) -> None:
    await shop.policy(auto_approve=ANYTHING, return_window="P365D")
    await shop.order()
    nothing = await advance(shop, "PT0S")

    _, asked = await asyncio.gather(advance(shop, "P5D"), shop.refund(kind="return"))

    refund = await shop.until(asked, "awaiting_return")
    left = datetime.fromisoformat(refund["return"]["deliver_by"]) - datetime.fromisoformat(refund["created_at"])
    assert (nothing["ahead"], nothing["left"]) == ("PT0S", "PT0S")
    assert timedelta(days=7) - A_MOMENT < left < timedelta(days=13)


async def test_who_has_a_real_account_has_everybodys_time(shop: Shop) -> None:
    await shop.raw(Role.OWNER, "PUT", "/v1/gateways/stripe", json=A_GATEWAY)
    with pytest.raises(Refused, match="403 test_clock_not_allowed"):
        await shop.owner.post("/v1/test-clock/advance", {"by": "P1D"})
