"""Guests buy, are refunded and counted like customers, and get an account that has it all (rules 34 and 57)."""

import asyncio
from typing import Any

import pytest
from temporalio.api.history.v1 import History

from db import customers, given, guests
from db.api_keys import Role
from db.given import Gift
from db.ledger import POINTS, Account, balance, balances
from db.schema import points_lots
from tests.api.rights_desk import a_shop_that_allows
from tests.shop import Shop
from tests.upkeep.scenes import at
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tools.client import Api, Json, Refused
from tools.in_clear import history_of
from upkeep.standings import differences

ANNA: Json = {"email": " Anna@Example.com", "phone": "+8613800000000", "locale": "zh-CN"}
ANNAS = ["anna@example.com"]
ORDER = "/v1/orders/o1"


async def bought(shop: Shop, order_id: str = "o1", *, guest: Json | None = None, **fields: Any) -> Json:
    """Push an order of a guest."""
    body = shop.order_body(order_id, **fields)
    del body["customer_id"]
    return await shop.merchant.put(f"/v1/orders/{order_id}", {**body, "guest": guest or ANNA})


async def give(shop: Shop, customer_id: str = "anna", contacts: list[str] | None = None) -> Json:
    return await shop.merchant.put(f"/v1/customers/{customer_id}", {"guest_of": contacts or ANNAS})


@pytest.mark.parametrize(
    ("buyer", "right"),
    [
        ({}, "customer_id for a customer, or guest"),
        ({"customer_id": "c1", "guest": ANNA}, "once"),
        ({"guest": {}}, "an email, a phone, or both"),
        ({"guest": {"email": "", "phone": ""}}, "an email, a phone, or both"),
        ({"guest": {"email": "anna"}}, "for example a@example.com"),
        ({"guest": {"phone": "13800000000"}}, "for example +8613800000000"),
        ({"guest": {"email": "a@example.com", "locale": "?"}}, "/guest/locale"),
    ],
)
async def test_an_order_says_once_who_bought_it(shop: Shop, buyer: Json, right: str) -> None:
    body = shop.order_body()
    del body["customer_id"]

    answer = await shop.raw(Role.MERCHANT, "PUT", ORDER, json={**body, **buyer})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert right in str(answer.json()["errors"])


async def test_a_guest_is_refunded_like_a_customer_and_shown_as_sent(shop: Shop) -> None:
    order = await bought(shop, points_earned=100)

    refund = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    listed = (await shop.merchant.get("/v1/refunds?order_id=o1"))["items"][0]
    trail = await shop.ops.get("/v1/audit?order_id=o1")
    for shown in (order, refund, listed):
        assert (shown["customer_id"], shown["guest"]) == (None, ANNA)
    assert {entry["customer_id"] for entry in trail["items"]} == {None}
    assert refund["effects"]["points_clawed_back"] == 50
    history = await history_of(shop.temporal, shop.workflow(refund))
    said = History(events=history.events).SerializeToString().lower()
    assert b"example.com" not in said and b"+86138" not in said


async def test_guests_are_counted_by_their_email_however_it_is_written(shop: Shop) -> None:
    await a_shop_that_allows(shop, 1)
    await bought(shop, "g1")
    await bought(shop, "g2", guest={"email": "ANNA@EXAMPLE.COM"})
    await bought(shop, "g3", guest={**ANNA, "email": "berta@example.com"})
    part = [{"line_id": "l1", "quantity": 1}]
    for order_id in ("g1", "g2"):
        await shop.refund(order_id, reason="changed_mind", lines=part)

    refused = await shop.raw(
        Role.MERCHANT, "POST", "/v1/refunds", json={"order_id": "g1", "reason": "changed_mind", "lines": part}
    )
    await shop.refund("g3", reason="changed_mind", lines=part)
    await give(shop)
    rights = "/v1/customers/anna/suspension"

    assert refused.json()["code"] == "refund_right_suspended"
    assert "guest_of" in refused.json()["detail"]
    assert (await shop.merchant.get(rights))["refund_rights"]["suspended"]
    assert (await shop.raw(Role.OPS, "DELETE", rights)).status_code == 200
    await shop.refund("g1", reason="changed_mind", lines=part)


async def test_a_guest_who_gets_an_account_takes_everything_along(shop: Shop) -> None:
    await shop.merchant.put("/v1/campaigns/big", BIG)
    await shop.order("own", customer_id="anna", points_earned=7)
    order = await bought(shop, points_earned=100, rewards=[{"kind": "store_credit", "amount": 500}])
    done = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    known = await give(shop)

    assert known == await give(shop) == await shop.customer("anna")
    assert known["guest_of"] == ANNAS
    assert known["points"] == {"balance": 57, "held": 0}
    assert known["store_credit"]["balance"] == 250 + BIG["reward"]["amount"]
    (standing,) = known["campaigns"]
    assert (standing["spend"], standing["rewards_held"]) == (180_000, 1)
    key = Api(shop.http, await shop.customer_key("anna"))
    (mine,) = (await key.get("/v1/refunds"))["items"]
    assert (mine["refund_id"], mine["customer_id"], mine["guest"]) == (done["refund_id"], "anna", ANNA)
    told = (await shop.merchant.get("/v1/customers/anna/inbox"))["items"]
    assert {message["refund_id"] for message in told} == {done["refund_id"]}
    actions = [entry["action"] for entry in (await shop.ops.get("/v1/audit?customer_id=anna"))["items"]]
    assert "requested" in actions and "guest_given" in actions
    again = await bought(shop, points_earned=100, rewards=[{"kind": "store_credit", "amount": 500}])
    later = await bought(shop, "o2")
    assert order["guest"] == again["guest"] and again["customer_id"] == later["customer_id"] == "anna"
    assert not await differences(shop.engine, shop.merchant_id, "anna")


async def test_what_belongs_to_one_customer_is_not_given_to_another(shop: Shop) -> None:
    await bought(shop)
    await bought(shop, "o2", guest={"phone": "+8613900000000"})
    await give(shop)

    with pytest.raises(Refused, match=r"409 conflicting_state.*/guest_of/1.*'anna'"):
        await give(shop, "berta", ["+8613900000000", "ANNA@example.com"])

    assert (await shop.merchant.get("/v1/orders/o2"))["customer_id"] is None
    answer = await shop.raw(Role.MERCHANT, "GET", "/v1/customers/berta")
    assert answer.json()["code"] == "not_found"
    with pytest.raises(Refused, match="409 conflicting_state"):
        await bought(shop, guest={"email": "berta@example.com"})


async def test_what_a_guest_buys_after_the_account_was_made_is_the_accounts(shop: Shop) -> None:
    known = await give(shop, contacts=[" Late@example.com", "+8613900000000"])

    order = await bought(shop, guest={"email": "late@EXAMPLE.com"})

    assert known["guest_of"] == ["+8613900000000", "late@example.com"]
    assert (order["customer_id"], order["guest"]["email"]) == ("anna", "late@EXAMPLE.com")


async def test_a_refund_under_way_goes_on_for_the_account(shop: Shop) -> None:
    await shop.order("own", customer_id="anna", points_earned=40)
    await bought(shop, points_earned=100)
    refund = await shop.refund(kind="return", lines=[{"line_id": "l1", "quantity": 1}])
    await shop.until(refund, "awaiting_return")

    await give(shop)
    await shop.warehouse.post(at(refund, "receipt"), {})
    await shop.warehouse.post(at(refund, "inspection"), {"lines": []})
    ended = await shop.until(refund, "completed")

    assert ended["customer_id"] == "anna"
    assert (await shop.customer("anna"))["points"] == {"balance": 90, "held": 0}
    await nothing_is_left(shop)


async def test_a_payout_that_fails_after_it_was_given_is_the_accounts(shop: Shop) -> None:
    await shop.order("own", customer_id="anna", points_earned=40)
    await bought(shop, points_earned=300)
    refund = await shop.approved_refund()
    await give(shop)
    before = (await shop.customer("anna"))["points"]

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    failed = (await shop.customer("anna"))["points"]
    await nothing_is_left(shop)
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert before == (await shop.customer("anna"))["points"] == {"balance": 40, "held": 0}
    assert failed == {"balance": 340, "held": 300}
    await nothing_is_left(shop)


async def test_orders_are_given_while_their_refunds_run(shop: Shop) -> None:
    orders = [f"g{number}" for number in range(6)]
    for order_id in orders:
        await bought(shop, order_id, points_earned=100)

    async def asked(order_id: str) -> Json:
        return await shop.approved_refund(order_id, lines=[{"line_id": "l1", "quantity": 1}])

    known, *refunds = await asyncio.gather(give(shop), *(asked(order_id) for order_id in orders))

    assert known["guest_of"] == ANNAS
    shown = [await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}") for refund in refunds]
    assert {(refund["customer_id"], refund["status"]) for refund in shown} == {("anna", "completed")}
    assert (await shop.customer("anna"))["points"] == {"balance": 300, "held": 0}
    assert not await differences(shop.engine, shop.merchant_id, "anna")
    await nothing_is_left(shop)


async def test_who_asks_while_the_order_is_given_asks_for_the_account(shop: Shop) -> None:
    await bought(shop, points_earned=100)
    async with shop.engine.begin() as connection:
        await given.give(connection, Gift(shop.merchant_id, "anna", "merchant"), ANNAS)
        asking = asyncio.create_task(shop.approved_refund())
        moving = asyncio.create_task(bought(shop, points_earned=100))
        await asyncio.sleep(0.5)  # both wait, or come later: either is right

    refund, order = await asking, await moving

    assert refund["customer_id"] == order["customer_id"] == "anna"
    assert (await shop.customer("anna"))["points"] == {"balance": 0, "held": 0}
    await nothing_is_left(shop)


async def nothing_is_left(shop: Shop) -> None:
    """No guest whose things were given has anything more."""
    async with shop.engine.connect() as connection:
        anna, *gone = await guests.also_known_as(connection, shop.merchant_id, "anna")
        assert anna == "anna" and gone
        for guest in gone:
            assert (await customers.find(connection, shop.merchant_id, guest)) == customers.Customer(
                guest, locale="zh-CN"
            )
            for account in (Account.POINTS, Account.STORE_CREDIT, Account.OWED):
                assert await balances(connection, shop.merchant_id, account, guest) == {}
        lots = points_lots.select().where(points_lots.c.merchant_id == shop.merchant_id)
        left = sum(row.remaining for row in await connection.execute(lots))
        assert left == await balance(connection, shop.merchant_id, Account.POINTS, "anna", POINTS)


BIG: Json = {
    "name": "Spend 1,500, get 200",
    "kind": "spend_threshold",
    "starts_at": "2020-01-01T00:00:00Z",
    "ends_at": "2090-01-01T00:00:00Z",
    "threshold": 150_000,
    "reward": {"kind": "store_credit", "amount": 20_000},
}
