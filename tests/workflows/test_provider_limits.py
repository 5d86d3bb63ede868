"""What a provider allows of refunds of one payment: said in the quote, kept to when it is asked (rule 11)."""

import asyncio

import pytest
from sqlalchemy import text

from tests.gateways.wechat_pay_party import secrets_of_account
from tests.shop import Shop, a_line, a_payment, days_ago
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json

LIMITED = "limited-1"
LONG_AGO = {"placed_at": days_ago(100), "paid_at": days_ago(100)}
"""The sandbox pays such charges back for 90 days, in two refunds, two seconds apart."""


async def of_two_payments(shop: Shop, **fields: str) -> None:
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, LIMITED)]
    await shop.order(lines=[a_line("l1", unit_price=50_00, quantity=3)], payments=payments, **fields)


def barred(answer: Json) -> list[Json | None]:
    return [each["provider_limit"] for each in answer["payouts"]]


async def test_a_quote_says_what_its_provider_no_longer_pays_and_the_refund_gives_credit_for_it(shop: Shop) -> None:
    await of_two_payments(shop, **LONG_AGO)

    quoted = await shop.quote()
    done = await shop.approved_refund()

    limit = {"code": "payment_too_old", "at_most": 90, "instead": "store_credit"}
    assert barred(quoted) == [None, limit] and barred(done) == [None, limit, limit]
    assert [each["text"] for each in quoted["explanations"] if each["subject"] == "p2"] == [
        "¥50.00 to your store credit, for what you paid with your bank card: its provider pays back only within "
        "90 days of the payment."
    ]
    assert [(each["method"], each["status"], each["decline_code"]) for each in done["payouts"]] == [
        ("card", "succeeded", None),
        ("card", "failed", "payment_too_old"),
        ("store_credit", "succeeded", None),
    ]
    assert await gateway_refunds(shop) == [("ch-a", 100_00, "succeeded")], "nobody is asked for what they refuse"
    assert quoted["total"] == done["total"] == sum(each["order_amount"] for each in done["payouts"][::2])


async def test_where_the_policy_holds_a_part_people_see_to_it_and_the_rest_is_paid(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, declined_tender="hold")
    await of_two_payments(shop, **LONG_AGO)

    quoted = await shop.quote()
    refund = await shop.refund()
    waiting = await shop.until(refund, "needs_attention")

    assert [each and each["instead"] for each in barred(quoted)] == [None, "hold"]
    assert "payment_too_old" in waiting["needs_attention"]["reason"]
    told = [each["message"] for each in waiting["timeline"] if each["event"] == "payout_declined"]
    assert "within 90 days" in told[0]
    assert await gateway_refunds(shop) == [("ch-a", 100_00, "succeeded")]


async def test_the_refund_after_the_last_that_the_provider_takes_is_too_many(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=50_00, quantity=3)], payments=[a_payment("p1", 150_00, LIMITED)])
    one = [{"line_id": "l1", "quantity": 1}]
    for _ in range(2):
        await shop.approved_refund(lines=one, confirm_duplicate=True)

    quoted = await shop.quote(lines=one)
    done = await shop.approved_refund(lines=one, confirm_duplicate=True)

    assert barred(quoted) == [{"code": "too_many_refunds", "at_most": 2, "instead": "store_credit"}]
    assert [each["decline_code"] for each in done["payouts"]] == ["too_many_refunds", None]
    assert await gateway_refunds(shop) == [(LIMITED, 50_00, "succeeded")] * 2
    assert (await shop.customer())["store_credit"]["balance"] == 50_00


async def test_two_refunds_of_a_payment_at_once_are_as_far_apart_as_the_provider_wants(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=50_00, quantity=2)], payments=[a_payment("p1", 100_00, LIMITED)])
    one = [{"line_id": "l1", "quantity": 1}]

    done = await asyncio.gather(*(shop.approved_refund(lines=one, confirm_duplicate=True) for _ in range(2)))

    assert [each["status"] for refund in done for each in refund["payouts"]] == ["succeeded"] * 2
    async with shop.engine.connect() as connection:
        query = text("select max(at) - min(at) >= interval '2 s' from sandbox.refunds where merchant_id = :merchant")
        assert (await connection.execute(query, {"merchant": shop.merchant_id})).scalar_one()


async def test_that_a_refund_waits_its_turn_at_the_provider_is_told(shop: Shop) -> None:
    """The one before is said to have been asked for in some seconds, so that the next waits however slow all is."""
    await shop.order(lines=[a_line("l1", unit_price=50_00, quantity=2)], payments=[a_payment("p1", 100_00, LIMITED)])
    one = [{"line_id": "l1", "quantity": 1}]
    await shop.approved_refund(lines=one)
    async with shop.engine.begin() as connection:
        later = "update payouts set updated_at = now() + interval '10 s' where merchant_id = %s"
        await connection.exec_driver_sql(later, (shop.merchant_id,))

    done = await shop.approved_refund(lines=one, confirm_duplicate=True)

    (waited,) = [each["message"] for each in done["timeline"] if "waits_its_turn" in each["event"]]
    assert "sandbox wants 2 s between two refunds" in waited
    assert [each["status"] for each in done["payouts"]] == ["succeeded"]


@pytest.mark.parametrize(("days", "limit"), [(200, None), (400, 365)])
async def test_a_merchants_own_account_has_the_limits_of_its_provider(shop: Shop, days: int, limit: int | None) -> None:
    body = {"adapter": "wechat_pay", "account": "1900000109", "secrets": secrets_of_account()}
    await shop.owner.put("/v1/gateways/wechat", body)
    payment = {**a_payment("p1", 120_000, "4200000000202611290000000001", "wechat_pay"), "gateway": "wechat"}
    await shop.order(placed_at=days_ago(days), paid_at=days_ago(days), payments=[payment])

    [found] = barred(await shop.quote())

    assert (found and found["at_most"]) == limit


async def test_a_merchants_contract_stands_in_place_of_what_the_provider_says_of_everybody(shop: Shop) -> None:
    body = {"adapter": "wechat_pay", "account": "1900000109", "secrets": secrets_of_account()}
    payment = {**a_payment("p1", 120_000, "4200000000202611290000000001", "wechat_pay"), "gateway": "wechat"}
    told = await shop.owner.put("/v1/gateways/wechat", {**body, "limits": {"within_days": 90}})
    await shop.order(placed_at=days_ago(100), paid_at=days_ago(100), payments=[payment])

    [too_old] = barred(await shop.quote())
    kept = await shop.owner.put("/v1/gateways/wechat", body)
    longer = await shop.owner.put("/v1/gateways/wechat", {**body, "limits": {"within_days": 730, "most_refunds": 5}})
    [allowed] = barred(await shop.quote())
    as_published = await shop.owner.put("/v1/gateways/wechat", {**body, "limits": None})

    assert too_old and too_old["at_most"] == 90
    assert told["limits"] == kept["limits"] == {"within_days": 90, "most_refunds": 50, "seconds_between": 60}
    assert allowed is None and longer["limits"] == {"within_days": 730, "most_refunds": 5, "seconds_between": 60}
    assert as_published["limits"] == {"within_days": 365, "most_refunds": 50, "seconds_between": 60}
