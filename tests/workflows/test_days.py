"""Deadlines end with the day where the shop's clocks are, and everybody is told that day (rule 41)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.api_keys import Role
from domain import clock
from tests.shop import ANYTHING, Shop
from tools.client import Json, Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def a_return(shop: Shop, **policy: object) -> Json:
    await shop.policy(auto_approve=ANYTHING, **policy)
    await shop.order()
    return await shop.until(await shop.refund(kind="return"), "awaiting_return")


def day_in(zone: ZoneInfo, days: int) -> str:
    return (clock.now() + timedelta(days=days)).astimezone(zone).date().isoformat()


async def test_a_return_may_be_sent_until_the_end_of_the_day_and_not_until_the_hour_as_before(shop: Shop) -> None:
    refund = await a_return(shop, time_zone="Asia/Shanghai")

    deliver_by = datetime.fromisoformat(refund["return"]["deliver_by"])

    there = deliver_by.astimezone(SHANGHAI)
    assert there.isoformat() == f"{day_in(SHANGHAI, 7)}T23:59:59.999999+08:00"


async def test_message_label_and_timeline_say_the_same_day(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "李雷", "locale": "zh-CN"})
    refund = await a_return(shop, time_zone="Asia/Shanghai")
    day = refund["return"]["deliver_by"][:10]

    inbox = await shop.until_told("退货面单")
    label = await shop.raw(Role.MERCHANT, "GET", f"/v1/refunds/{refund['refund_id']}/label")

    year, month, number = (int(part) for part in day.split("-"))
    assert all(f"请最迟于{year}年{month}月{number}日寄回" in text for text in ("".join(inbox), label.text))
    assert any(f"the end of {day} (Asia/Shanghai)" in each["message"] for each in refund["timeline"])


async def test_a_deadline_in_hours_is_exact(shop: Shop) -> None:
    refund = await a_return(shop, return_deadline="PT72H", time_zone="Asia/Shanghai")
    approved = next(each["at"] for each in refund["timeline"] if each["event"] == "approved")

    deliver_by = datetime.fromisoformat(refund["return"]["deliver_by"])

    assert deliver_by - timedelta(hours=72) >= datetime.fromisoformat(approved) - timedelta(minutes=1)
    assert refund["return"]["deliver_by"].endswith("+08:00")


async def test_the_time_zone_is_frozen_with_the_policy_that_the_refund_was_asked_for_under(shop: Shop) -> None:
    await shop.policy(time_zone="Asia/Shanghai")
    await shop.order()
    refund = await shop.refund(kind="return", reason="changed_mind")
    await shop.policy(time_zone="America/New_York")

    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    approved = await shop.until(refund, "awaiting_return")

    assert approved["return"]["deliver_by"].endswith("T23:59:59.999999+08:00")


async def test_who_asks_on_the_last_day_is_in_time_where_the_shop_is(shop: Shop) -> None:
    """Delivered at 18:00 on 3 November in Shanghai; in UTC the window ended at 10:00 on the 13th before."""
    await shop.policy(auto_approve=ANYTHING, return_window="P10D", time_zone="Asia/Shanghai")
    paid_at = "2026-11-01T08:01:00Z"
    await shop.order(placed_at=paid_at, paid_at=paid_at, delivered_at="2026-11-03T10:00:00Z")

    quote = await shop.quote(requested_at="2026-11-13T15:59:59Z")
    with pytest.raises(Refused, match="422 outside_return_window") as refused:
        await shop.quote(requested_at="2026-11-13T16:00:00Z")

    assert quote["total"] == 120_000
    assert "until the end of 2026-11-13 (Asia/Shanghai)" in str(refused.value)


@pytest.mark.parametrize("zone", ["Shanghai", "CST", "+08:00", "", "../etc/passwd", 8])
async def test_a_time_zone_that_nobody_knows_is_refused(shop: Shop, zone: object) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.policy(time_zone=zone)


# Business days


async def test_a_window_that_would_end_within_a_holiday_ends_with_the_next_business_day(shop: Shop) -> None:
    """Thirty days from 1 September are 1 October, the first day of a week of holidays in China."""
    await shop.order(
        placed_at="2026-08-30T00:00:00Z", paid_at="2026-08-30T00:00:00Z", delivered_at="2026-09-01T04:00:00Z"
    )
    asked: Json = {"kind": "return", "requested_at": "2026-10-08T15:00:00Z"}
    for policy in ({}, {"country": "DE"}):
        await shop.policy(time_zone="Asia/Shanghai", **policy)
        with pytest.raises(Refused, match=r"outside_return_window.*the end of 2026-10-01"):
            await shop.quote(**asked)

    known = await shop.policy(time_zone="Asia/Shanghai", country="CN")

    assert known["country"] == "CN"
    assert (await shop.quote(**asked))["total"] == 120_000
    with pytest.raises(Refused, match=r"outside_return_window.*the end of 2026-10-08 \(Asia/Shanghai\)"):
        await shop.quote(**{**asked, "requested_at": "2026-10-08T16:00:00Z"})
    refund = await shop.until_judged(await shop.refund(**asked))
    assert "outside_return_window" not in [each["code"] for each in refund["waits_because"]]


@pytest.mark.parametrize("country", ["XX", "cn", "CHN", "", 156])
async def test_a_country_that_nobody_knows_is_refused(shop: Shop, country: object) -> None:
    with pytest.raises(Refused, match=r"422 validation_failed.*/country"):
        await shop.policy(country=country)
