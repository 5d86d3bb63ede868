"""Where a customer wants the money, over HTTP: credit by choice, and what is given on top (rule 54)."""

import pytest

from db.ledger import Account, balances
from gateways.ports import GatewayStatus
from temporal_client.payout_events import note_payout_event
from tests.shop import ANYTHING, Shop, a_line, a_payment, days_ago
from tools.client import Json, Refused

# Where the money goes (rule 54)

TO_CREDIT: Json = {"refund_to": "store_credit"}


def paid(refund: Json) -> list[tuple[str, int, str]]:
    return [(each["method"], each["amount"], each["status"]) for each in refund["payouts"]]


async def credit_of(shop: Shop) -> int:
    return int((await shop.customer())["store_credit"]["balance"])


async def asked_of_the_provider(shop: Shop) -> list[tuple[str, int]]:
    async with shop.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "select charge_ref, amount from sandbox.refunds where merchant_id = %s order by charge_ref",
            (shop.merchant_id,),
        )
        return [(row.charge_ref, row.amount) for row in found]


async def test_a_customer_who_chooses_credit_gets_it_at_once_with_the_bonus_on_top(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    await shop.order()

    quoted = await shop.quote(lines=[{"line_id": "l1", "quantity": 1}], **TO_CREDIT)
    done = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}], **TO_CREDIT)

    assert paid(quoted) == [("store_credit", 600_00, "planned")]
    assert paid(done) == [("store_credit", 600_00, "succeeded")]
    for shown in (quoted, done):
        assert (shown["refund_to"], shown["total"], shown["store_credit_bonus"]) == ("store_credit", 600_00, 60_00)
        assert any(each["figure"] == "store_credit_bonus" and each["rule"] == 54 for each in shown["explanations"])
    assert await credit_of(shop) == 660_00
    assert await asked_of_the_provider(shop) == []
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []
    assert any("¥60.00 of store credit" in told for told in await shop.inbox())


async def test_the_bonus_is_an_entry_of_its_own_that_promotions_pay(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=500)
    await shop.order(lines=[a_line("l1", unit_price=100_00)])

    await shop.approved_refund(**TO_CREDIT)

    async with shop.engine.connect() as connection:
        promotions = await balances(connection, shop.merchant_id, Account.PROMOTIONS, shop.merchant_id)
        sale = await balances(connection, shop.merchant_id, Account.SALE, "o1")
    assert (promotions, sale) == ({"CNY": -5_00}, {})
    assert await credit_of(shop) == 105_00


async def test_a_chinese_customer_reads_it_in_chinese(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/lilei", {"name": "李雷", "locale": "zh-CN"})
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    await shop.order()

    done = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}], **TO_CREDIT)

    said = {each["figure"]: each["text"] for each in done["explanations"]}
    assert said["payout"] == "¥600.00 按您的选择退至余额，对应您使用原银行卡支付的部分。"
    assert said["store_credit_bonus"] == "因您选择退至余额，另赠送余额 ¥60.00：¥600.00 的 10 %。"
    assert "因您选择将退款退至余额，另赠送余额 ¥60.00。" in await shop.inbox()


async def test_where_the_gift_cards_share_fails_later_the_bonus_is_reversed_until_all_is_paid(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b", "gift_card")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    refund = await shop.approved_refund(**TO_CREDIT)
    whole = await credit_of(shop)

    await shop.behave("ch-b", "fail_after_success")
    key = await shop.payout_key(refund, "p2")
    await note_payout_event(shop.temporal, shop.engine, key, GatewayStatus.FAILED, None)
    waiting = await shop.until_noticed(refund)
    without = await credit_of(shop)
    by_hand = {"step": waiting["needs_attention"]["step"], "action": "settle", "note": "a new card by post"}
    await shop.ops.post(f"/v1/refunds/{waiting['refund_id']}/resolution", by_hand)
    done = await shop.until(waiting, "completed")

    assert paid(refund) == [("store_credit", 100_00, "succeeded"), ("gift_card", 50_00, "succeeded")]
    assert (whole, without, await credit_of(shop)) == (110_00, 100_00, 110_00)
    assert paid(done)[0] == ("store_credit", 100_00, "succeeded")
    assert any("¥10.00 of store credit on top is withdrawn" in told for told in await shop.inbox())


async def test_a_disputed_payment_holds_its_share_of_the_credit_too(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    dispute = {"dispute_id": "d1", "payment_id": "p2", "status": "opened", "amount": 50_00, "at": days_ago(1)}
    await shop.merchant.post("/v1/orders/o1/disputes", dispute)

    waiting = await shop.until(await shop.refund(**TO_CREDIT), "needs_attention")
    held = await credit_of(shop)
    await shop.merchant.post("/v1/orders/o1/disputes", {**dispute, "status": "won", "at": days_ago(0)})
    answer = {"step": waiting["needs_attention"]["step"], "action": "retry", "note": "we won"}
    await shop.ops.post(f"/v1/refunds/{waiting['refund_id']}/resolution", answer)
    await shop.until(waiting, "completed")

    assert held == 100_00
    assert await credit_of(shop) == 165_00


async def test_a_policy_may_refuse_another_way_and_says_so(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, refund_to_allowed=[])
    await shop.order()

    for ask in (shop.quote, shop.refund):
        with pytest.raises(Refused, match="422 refund_to_not_allowed"):
            await ask(**TO_CREDIT)
    assert paid(await shop.approved_refund(refund_to="original")) == [("card", 1_200_00, "succeeded")]


async def test_the_same_money_asked_for_the_other_way_a_moment_later_is_still_a_slip(shop: Shop) -> None:
    await shop.order()
    off = [{"line_id": "l1", "amount": 5_00, "reason": "delivery_error"}]

    await shop.refund(lines=off)
    with pytest.raises(Refused, match="409 duplicate_request"):
        await shop.refund(lines=off, **TO_CREDIT)
    meant = await shop.approved_refund(lines=off, confirm_duplicate=True, **TO_CREDIT)

    assert paid(meant) == [("store_credit", 5_00, "succeeded")]
    assert meant["lines"][0]["reason"] == "delivery_error"


async def test_what_was_paid_in_dollars_becomes_credit_in_the_orders_currency(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    dollars = {**a_payment("p1", 1_82, "pi_1"), "currency": "USD", "rate": "7.1234", "order_amount": 12_96}
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=4_32)], payments=[dollars])

    quoted = await shop.quote(lines=[{"line_id": "l1", "quantity": 1}], **TO_CREDIT)
    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}], **TO_CREDIT)
    rest = await shop.approved_refund()

    assert [(each["amount"], each["currency"]) for each in quoted["payouts"]] == [(4_32, "CNY")]
    assert await credit_of(shop) == 4_75
    assert [(each["amount"], each["currency"]) for each in rest["payouts"]] == [(1_22, "USD")]
    async with shop.engine.connect() as connection:
        assert await balances(connection, shop.merchant_id, Account.SALE, "o1") == {}


@pytest.mark.parametrize(
    ("fields", "declined"),
    [
        ({}, "store_credit"),
        ({"country": "US"}, "store_credit"),
        ({"country": "DE"}, "hold"),
        ({"country": "DE", "declined_tender": "store_credit"}, "store_credit"),
    ],
)
async def test_a_declined_payment_waits_for_a_person_where_the_law_gives_a_right_to_money(
    shop: Shop, fields: Json, declined: str
) -> None:
    assert (await shop.policy(**fields))["declined_tender"] == declined
    assert (await shop.ops.get("/v1/policy"))["declined_tender"] == declined


async def test_a_customer_chooses_for_themselves(shop: Shop) -> None:
    await shop.order()
    key = await shop.customer_key("lilei")

    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only", **TO_CREDIT}
    answer = await shop.http.post("/v1/refunds", json=body, headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["refund_to"]) == (202, "store_credit")
    entries = (await shop.ops.get("/v1/audit?order_id=o1"))["items"]
    assert [each["detail"]["refund_to"] for each in entries if each["action"] == "requested"] == ["store_credit"]
