"""Rule 34: operations are told what refunds show together, see which and why, and say that they have seen it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from db import merchant_time
from db.api_keys import Role
from db.schema import refund_marks
from tests.api.test_same_pictures import shown
from tests.photographs import photograph
from tests.shop import Shop, a_payment
from tests.upkeep.scenes import kept_out
from tests.web.staff import signed_in
from tools import clocks
from tools.client import Json
from upkeep.monitoring import LOCK, watch

ANY_WEEK = {"window": "P7D"}


@pytest.fixture
async def watched(shop: Shop) -> AsyncIterator[Shop]:
    """A shop that is looked at from here on, and by nobody else."""
    async with kept_out(shop, LOCK):
        await watch(shop.engine, settled=timedelta())
        yield shop


async def refund_paid_with(shop: Shop, order_id: str, customer_id: str, instrument: str, **said: str) -> Json:
    paid = {**a_payment("p1", 120_000, f"ch-{order_id}"), "instrument": instrument}
    await shop.order(order_id, customer_id=customer_id, payments=[paid])
    return await shop.refund(order_id, **said)


async def alerts(shop: Shop, **query: str) -> list[Json]:
    await watch(shop.engine, settled=timedelta())
    return list((await shop.ops.get("/v1/risk-alerts", **query))["items"])


async def test_three_customers_with_one_card_are_told_of_with_their_refunds_and_without_the_card(
    watched: Shop, other_shop: Shop
) -> None:
    await refund_paid_with(other_shop, "o1", "lucy", "card-of-all")
    asked = [await refund_paid_with(watched, f"o-{who}", who, "card-of-all") for who in ("lilei", "han")]
    before = await alerts(watched)
    asked.append(await refund_paid_with(watched, "o-jim", "jim", "card-of-all"))
    (alert,) = await alerts(watched)

    assert (before, await alerts(other_shop)) == ([], [])
    assert (alert["signal"], alert["status"], alert["customer_count"]) == ("shared_instrument", "open", 3)
    assert [(each["refund_id"], each["order_id"], each["customer_id"]) for each in alert["refunds"]] == [
        (each["refund_id"], f"o-{who}", who) for each, who in zip(asked, ("lilei", "han", "jim"), strict=True)
    ]
    assert alert["mark"] and "card-of-all" not in str(alert)
    told = [each["body"] for each in (await watched.ops.get("/v1/inbox"))["items"] if alert["alert_id"] in each["body"]]
    assert told == [f"{alert['message']}: GET /v1/risk-alerts/{alert['alert_id']} says which."]
    other = await other_shop.raw(Role.OPS, "GET", f"/v1/risk-alerts/{alert['alert_id']}")
    assert other.status_code == 404


async def test_what_a_person_has_seen_is_audited_and_told_again_only_when_as_much_comes_anew(watched: Shop) -> None:
    await watched.policy(
        monitoring={"many_of_customer": {"count": 2, **ANY_WEEK}, "not_received": {"count": None, **ANY_WEEK}}
    )
    for order_id in ("o1", "o2", "o3"):
        await watched.order(order_id)
        await watched.refund(order_id)
        found = await alerts(watched)
    (alert,) = found
    assert alert["refund_count"] == 3
    path = f"/v1/risk-alerts/{alert['alert_id']}/acknowledgement"

    seen = [await watched.ops.post(path, {"note": note}) for note in ("a wholesaler", "again")]
    await watched.order("o4")
    await watched.refund("o4")
    after_one = await alerts(watched, status="open")
    await watched.order("o5")
    await watched.refund("o5")
    (again,) = await alerts(watched, status="open", signal="many_of_customer")

    assert [each["acknowledged"]["note"] for each in seen] == ["a wholesaler"] * 2
    assert (after_one, [each["order_id"] for each in again["refunds"]]) == ([], ["o4", "o5"])
    trail = (await watched.ops.get("/v1/audit", customer_id=watched.customer_id))["items"]
    (entry,) = [each for each in trail if each["action"] == "risk_alert_acknowledged"]
    assert entry["actor"] == "ops" and entry["detail"]["alert_id"] == alert["alert_id"]
    page = await watched.ops.get("/v1/risk-alerts", limit=1)
    rest = await watched.ops.get("/v1/risk-alerts", limit=1, cursor=page["next"])
    assert [each["alert_id"] for each in (*page["items"], *rest["items"])] == [again["alert_id"], alert["alert_id"]]


async def test_one_who_says_again_that_nothing_came_and_two_accounts_under_one_phone_are_told_of(watched: Shop) -> None:
    await watched.policy(
        monitoring={"not_received": {"count": 2, **ANY_WEEK}, "many_of_contact": {"count": 2, **ANY_WEEK}}
    )
    for who, phone in (("lilei", "+86 138 0000 0000"), ("han", "+8613800000000")):
        await watched.merchant.put(f"/v1/customers/{who}", {"phone": phone})
    for order_id, who in (("o1", "lilei"), ("o2", "lilei"), ("o3", "han")):
        await refund_paid_with(watched, order_id, who, "", reason="delivery_error")

    found = {each["signal"]: each for each in await alerts(watched)}

    assert found.keys() == {"not_received", "many_of_contact"}
    assert (found["not_received"]["customer_id"], found["not_received"]["refund_count"]) == ("lilei", 2)
    assert found["many_of_contact"]["customer_count"] == 2 and "13800000000" not in str(found["many_of_contact"])


async def test_a_picture_that_was_shown_before_is_told_of_and_seen_on_the_page_of_operations(watched: Shop) -> None:
    for order_id, customer_id in (("o1", "lilei"), ("o2", "han")):
        await watched.order(order_id, customer_id=customer_id)
    first = await shown(watched, "lilei", photograph(5), "o1")
    second = await shown(watched, "han", photograph(5), "o2")
    (alert,) = await alerts(watched)
    browser, _ = await signed_in(watched, Role.OPS)

    page = await browser.open("/pages/operations/alerts")
    path = f"/pages/operations/alerts/{alert['alert_id']}/acknowledgement"
    done = await browser.send(page, path, note="asked for another one")
    over = await browser.open("/pages/operations/alerts?status=acknowledged")

    assert (alert["signal"], alert["earlier_refund_id"]) == ("same_picture", first["refund_id"])
    assert [each["refund_id"] for each in alert["refunds"]] == [second["refund_id"]]
    assert first["refund_id"] in page.text and second["refund_id"] in page.text
    assert "Noted, under your name." in done.text and "Nothing stands out." in done.text
    assert "asked for another one" in over.text


async def test_a_merchant_whose_clock_is_ahead_is_told_by_it_as_if_they_had_waited(
    watched: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_time, "_engine", watched.engine)  # as where MAKEWHOLE_TEST_CLOCKS is yes
    await watched.policy(
        return_window="P365D",
        monitoring={"many_of_customer": {"count": 2, **ANY_WEEK}, "not_received": {"count": None, **ANY_WEEK}},
    )
    found = []
    for order_id, days in (("o1", "P10D"), ("o2", "P10D"), ("o3", "P1D"), ("o4", "P1D")):
        await clocks.advance(watched.owner, days)
        await watched.order(order_id)
        await watched.refund(order_id)
        found.append([len(each["refunds"]) for each in await alerts(watched)])
        await refund_paid_with(other_shop, order_id, f"jim-{order_id}", "card-of-all")
    for order_id, who in (("o5", "lilei"), ("o6", "han")):
        await watched.order(order_id, customer_id=who)
        await shown(watched, who, photograph(6), order_id)
    pictures = await alerts(watched, signal="same_picture")

    assert found == [[], [], [2], [3]]
    assert len(pictures) == 1
    assert [each["signal"] for each in await alerts(other_shop)] == ["shared_instrument"]


async def test_who_is_erased_leaves_no_mark_and_no_alert(watched: Shop) -> None:
    await watched.lenient_policy(monitoring={"many_of_customer": {"count": 1, **ANY_WEEK}})
    await watched.merchant.put("/v1/customers/lilei", {"email": "li.lei@example.com"})
    await watched.until(await refund_paid_with(watched, "o1", "lilei", "card-1"), "completed")
    found = await alerts(watched)

    await watched.raw(Role.OWNER, "DELETE", "/v1/customers/lilei/personal-data")

    assert [each["customer_id"] for each in found] == ["lilei"]
    assert await alerts(watched) == []
    async with watched.engine.connect() as connection:
        of_shop = refund_marks.c.merchant_id == watched.merchant_id
        assert (await connection.execute(select(refund_marks).where(of_shop))).all() == []


async def test_marks_are_forgotten_when_no_window_reaches_them_any_more(watched: Shop) -> None:
    await refund_paid_with(watched, "o1", "lilei", "card-1")
    await alerts(watched)
    of_shop = {"merchant": watched.merchant_id}
    async with watched.engine.begin() as connection:
        aged = "update refund_marks set at = at - interval '91 days' where merchant_id = :merchant"
        assert (await connection.execute(text(aged), of_shop)).rowcount == 1

    await alerts(watched)

    async with watched.engine.connect() as connection:
        left = "select count(*) from refund_marks where merchant_id = :merchant"
        assert (await connection.execute(text(left), of_shop)).scalar_one() == 0
