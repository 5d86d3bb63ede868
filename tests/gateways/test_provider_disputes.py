"""Disputes that a provider tells of: found by the charge, of its own merchant alone, in any order (rules 6, 46, 52)."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from db.api_keys import Role
from temporal_client.dispute_events import take_up
from tests.gateways.stripe_party import running
from tests.gateways.test_accounts import CHARGE, Account, account_of
from tests.shop import ANYTHING, IN_TIME_S, Shop, a_line, a_payment, days_ago
from tests.upkeep.scenes import at
from tools.client import Json
from upkeep.stray_disputes import take_up_some

OTHERS = "ch_of_another"
TWO_DAYS_AGO = int(datetime.fromisoformat(days_ago(2)).timestamp())
ALL_OF_IT = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}


@pytest.fixture(scope="module")
async def peer(stripe_address: str) -> AsyncIterator[str]:
    port = urlsplit(stripe_address).port or 0
    async with running(sys.executable, "-m", "tests.gateways.stripe_peer", "PORT", port=port):
        yield stripe_address


@pytest.fixture
async def account(shop: Shop, peer: str) -> Account:
    return account_of(shop, peer)


@pytest.fixture
async def other(other_shop: Shop, peer: str) -> Account:
    return account_of(other_shop, peer)


def says(status: str, amount: int = 120_000, *, dispute_id: str = "dp_1", **fields: Any) -> bytes:
    """An event of Stripe's, as the bank stands."""
    about: Json = {"id": dispute_id, "object": "dispute", "charge": CHARGE, "payment_intent": "pi_1", "currency": "cny"}
    about |= {"amount": amount, "status": status, **fields}
    event = {"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": "charge.dispute.updated"}
    return json.dumps({**event, "created": TWO_DAYS_AGO, "data": {"object": about}}).encode()


def warns() -> bytes:
    about = {"id": "issfr_1", "object": "radar.early_fraud_warning", "charge": CHARGE, "payment_intent": None}
    event = {"id": f"evt_{secrets.token_hex(8)}", "type": "radar.early_fraud_warning.created", "created": TWO_DAYS_AGO}
    return json.dumps({**event, "data": {"object": {**about, "fraud_type": "misc"}}}).encode()


async def known(account: Account, order_id: str = "o1") -> list[tuple[str, str]]:
    """What the order's row says of its disputes: of which payment, and how they stand."""
    query = text("select disputes from orders where merchant_id = :merchant and order_id = :order")
    async with account.shop.engine.connect() as connection:
        kept: Json | None = (
            await connection.execute(query, {"merchant": account.shop.merchant_id, "order": order_id})
        ).scalar_one()
    return [(each["payment_id"], each["events"][-1]["status"]) for each in (kept or {"known": []})["known"]]


async def operations_read(account: Account, words: str) -> list[str]:
    inbox = await account.shop.ops.get("/v1/inbox")
    return [each["body"] for each in inbox["items"] if words in each["body"]]


async def outcome(heard: httpx.Response) -> str:
    assert heard.status_code == 200, heard.text
    return str(heard.json()["outcome"])


async def test_an_open_dispute_holds_its_payment_and_a_won_one_lets_it_go(account: Account) -> None:
    await account.is_told()
    await account.sells()

    opened = await outcome(await account.hears(says("needs_response")))
    refused = await account.shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=ALL_OF_IT)
    won = await outcome(await account.hears(says("won")))
    done = await account.shop.approved_refund()

    assert (opened, won, await known(account)) == ("taken", "taken", [("p1", "won")])
    assert (refused.status_code, refused.json()["code"]) == (422, "payment_disputed")
    assert done["payouts"][0]["status"] == "succeeded"
    assert len(await operations_read(account, "says of dispute dp_1 over ¥1,200.00 of payment p1 of order o1")) == 2


async def test_a_payment_is_found_by_its_intent_as_well(account: Account) -> None:
    await account.is_told()
    await account.shop.order(payments=[{**a_payment("p1", 120_000, "pi_1"), "gateway": "stripe"}])

    assert await outcome(await account.hears(says("needs_response", charge="ch_unknown"))) == "taken"
    assert await known(account) == [("p1", "opened")]


async def test_a_warning_of_fraud_is_noted_and_holds_nothing(account: Account) -> None:
    await account.is_told()
    await account.sells()

    assert await outcome(await account.hears(warns())) == "taken"
    assert await known(account) == [("p1", "warning")]
    assert (await account.shop.approved_refund())["status"] == "completed"


async def test_what_comes_late_or_twice_changes_nothing(account: Account) -> None:
    await account.is_told()
    await account.sells()
    lost = says("lost")

    outcomes = [await outcome(await account.hears(each)) for each in (lost, lost, says("needs_response"), says("lost"))]
    await account.shop.merchant.get("/v1/orders/o1")

    assert outcomes == ["taken", "repeated", "taken", "taken"]
    assert await known(account) == [("p1", "lost")]
    listed = (await account.shop.ops.get("/v1/refunds", order_id="o1"))["items"]
    assert len(listed) == 1, "the loss counts once"


async def test_a_good_signature_of_one_merchant_says_nothing_of_anothers_payment(
    account: Account, other: Account
) -> None:
    await account.is_told()
    await other.is_told()
    await account.sells()

    heard = await outcome(await other.hears(says("lost")))

    assert heard == "unknown_reference" and await known(account) == []
    [seen] = await operations_read(other, "no order here has that payment")
    assert "stripe says of dispute dp_1 over ¥1,200.00" in seen and CHARGE in seen
    assert await operations_read(account, "dp_1") == []


async def test_what_is_told_before_the_order_is_here_is_heard_with_it(account: Account) -> None:
    await account.is_told()
    first = await outcome(await account.hears(says("needs_response")))

    await account.sells()
    held = await known(account)
    await take_up(account.shop.temporal, account.shop.engine, account.shop.merchant_id)

    assert (first, held) == ("unknown_reference", [("p1", "opened")])
    assert await known(account) == held
    async with account.shop.engine.connect() as connection:
        query = text("select count(*) from stray_disputes where merchant_id = :merchant")
        assert (await connection.execute(query, {"merchant": account.shop.merchant_id})).scalar_one() == 0


async def test_a_word_that_means_nothing_here_is_shown_and_changes_nothing(account: Account) -> None:
    await account.is_told()
    await account.sells()

    assert await outcome(await account.hears(says("prevented"))) == "unknown_reference"
    await take_up_some(account.shop.temporal, account.shop.engine)

    assert await known(account) == []
    assert len(await operations_read(account, "what 'prevented' means for the money is not known here")) == 1


async def test_more_than_was_paid_is_all_of_it_and_another_currency_holds_all_until_a_person_says(
    account: Account,
) -> None:
    await account.is_told()
    await account.sells()

    opened = await outcome(await account.hears(says("needs_response", 20_000, currency="usd")))
    lost = await outcome(await account.hears(says("lost", 20_000, currency="usd")))
    held = await known(account)
    all_of_it = await outcome(await account.hears(says("lost", 150_000)))

    assert (opened, lost, all_of_it) == ("taken", "unknown_reference", "taken")
    assert held == [("p1", "opened")] and await known(account) == [("p1", "lost")]
    assert len(await operations_read(account, "say how much was lost")) == 1


@pytest.mark.parametrize("tenders", ["proportional", "in_order", "reverse_order"])
async def test_of_several_payments_the_disputed_one_holds_its_own_share_alone(account: Account, tenders: str) -> None:
    await account.is_told()
    payments = []
    for payment_id, charge, amount in (("card", CHARGE, 60_00), ("other", OTHERS, 40_00)):
        await account.at_stripe("charges", id=charge, amount=amount, currency="cny", course="SUCCEEDS")
        payments.append({**a_payment(payment_id, amount, charge), "gateway": "stripe"})
    await account.shop.policy(auto_approve=ANYTHING, tender_order=tenders)
    await account.shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    await account.hears(says("needs_response", 60_00))

    waiting = await account.shop.until_noticed(await account.shop.refund())
    paid = [each["amount"] for each in await account.refunds()]
    await account.hears(says("won", 60_00))
    note = {"step": "pay_out", "action": "retry", "note": "the dispute is won"}
    await account.shop.ops.post(at(waiting, "resolution"), note)
    await account.shop.until(waiting, "completed")

    assert waiting["needs_attention"]["reason"] == "card was declined: charge_disputed"
    assert paid == [40_00]
    assert sorted(each["amount"] for each in await account.refunds()) == [40_00, 60_00]


async def test_a_dispute_after_the_refund_takes_nothing_twice(account: Account) -> None:
    await account.is_told()
    await account.sells()
    done = await account.shop.approved_refund()

    await account.hears(says("needs_response"))
    lost = await outcome(await account.hears(says("lost")))

    assert lost == "taken" and await known(account) == [("p1", "lost")]
    assert [each["amount"] for each in await account.refunds()] == [120_000]
    order = await account.shop.merchant.get("/v1/orders/o1")
    assert [each["refund_id"] for each in order["refunds"]] == [done["refund_id"]]


async def test_a_refund_that_races_a_dispute_ends_in_one_of_the_two(account: Account) -> None:
    await account.is_told()
    await account.sells()

    asked, heard = await asyncio.gather(
        account.shop.raw(
            Role.MERCHANT,
            "POST",
            "/v1/refunds",
            json={"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"},
        ),
        account.hears(says("lost")),
    )

    assert heard.status_code == 200
    if asked.status_code == 202:
        await account.shop.merchant.wait_for(
            asked.json()["refund_id"], ("completed", "rejected", "needs_attention"), within_s=IN_TIME_S
        )
    paid = sum(each["amount"] for each in await account.refunds())
    order = await account.shop.merchant.get("/v1/orders/o1")
    [dispute] = order["disputes"]
    lost = dispute["amount"] - dispute["uncounted"] if dispute["refund_id"] else 0
    assert paid + lost in (0, 120_000) and (paid == 0 or lost == 0)
