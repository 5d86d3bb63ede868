"""Who got goods as a gift returns them: they get credit and are told, who bought them is not; over HTTP (rule 56)."""

import pytest

from db.ledger import Account, balances
from tests.shop import ANYTHING, Shop, a_line, a_payment
from tests.workflows.test_payouts import coupon, gateway_refunds
from tools.client import Api, Json, Refused

# Receivers of gifts (rule 56)

GIVER, RECEIVER = "lilei", "han-meimei"
TO_RECEIVER: Json = {"beneficiary": RECEIVER}


async def seen_by(shop: Shop, customer_id: str) -> Api:
    return Api(shop.http, await shop.customer_key(customer_id))


async def credit_of(shop: Shop, customer_id: str) -> int:
    return int((await shop.customer(customer_id))["store_credit"]["balance"])


async def told(shop: Shop, customer_id: str) -> list[str]:
    return [each["body"] for each in (await shop.merchant.get(f"/v1/customers/{customer_id}/inbox"))["items"]]


async def test_the_receiver_gets_the_credit_and_the_messages_and_the_giver_nothing_of_either(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{RECEIVER}", {"name": "韩梅梅", "locale": "zh-CN"})
    await shop.policy(auto_approve=ANYTHING, store_credit_bonus_bp=1_000)
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b", "gift_card")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)

    quoted = await shop.quote(**TO_RECEIVER)
    done = await shop.approved_refund(**TO_RECEIVER)

    for shown in (quoted, done):
        assert (shown["beneficiary"], shown["refund_to"], shown["store_credit_bonus"]) == (RECEIVER, "store_credit", 0)
        assert [(each["method"], each["amount"]) for each in shown["payouts"]] == [
            ("store_credit", 100_00),
            ("store_credit", 50_00),
        ]
    said = [each["text"] for each in done["explanations"] if each["figure"] == "payout"]
    assert said[0] == "¥100.00 以余额形式退给收到礼物的顾客。"
    assert (await credit_of(shop, RECEIVER), await credit_of(shop, GIVER)) == (150_00, 0)
    assert await gateway_refunds(shop) == []
    assert "退款 ¥150.00 已退还至余额，请注意查收。" in await told(shop, RECEIVER)
    assert await told(shop, GIVER) == []
    async with shop.engine.connect() as connection:
        assert await balances(connection, shop.merchant_id, Account.SALE, "o1") == {}


async def test_the_givers_coupon_and_points_are_corrected_and_nobody_is_told(shop: Shop) -> None:
    await coupon(shop)
    await shop.merchant.post(f"/v1/customers/{GIVER}/points", {"points": 1_000})
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}], points_earned=300)

    done = await shop.approved_refund(**TO_RECEIVER)

    assert done["effects"]["points_clawed_back"] == 300
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer(GIVER))["points"] == {"balance": 1_000, "held": 0}
    assert (await shop.customer(RECEIVER))["points"]["balance"] == 0
    assert await told(shop, GIVER) == []
    assert not any("coupon" in each or "points" in each for each in await told(shop, RECEIVER))


async def test_what_the_giver_has_spent_the_giver_owes(shop: Shop) -> None:
    """The order granted 50.00 of credit, of which 30.00 are spent by the time the gift comes back."""
    granted = [{"kind": "store_credit", "amount": 50_00}]
    await shop.order(rewards=granted)
    spent = [{"payment_id": "p1", "method": "store_credit", "amount": 30_00}]
    await shop.order("o2", lines=[a_line("l1", unit_price=30_00)], payments=spent)

    done = await shop.approved_refund(**TO_RECEIVER)

    assert (done["total"], await credit_of(shop, RECEIVER)) == (1_200_00, 1_200_00)
    giver = await shop.customer(GIVER)
    assert (giver["store_credit"]["balance"], giver["owed"]) == (0, {"CNY": 30_00})
    assert (await shop.customer(RECEIVER))["owed"] == {}


async def test_the_receiver_reads_the_refund_without_what_is_the_givers_and_the_giver_does_not_find_it(
    shop: Shop,
) -> None:
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}], points_earned=300)
    done = await shop.approved_refund(**TO_RECEIVER)
    receiver, giver = await seen_by(shop, RECEIVER), await seen_by(shop, GIVER)

    seen = await receiver.get(f"/v1/refunds/{done['refund_id']}")
    listed = [(await each.get("/v1/refunds"))["items"] for each in (receiver, giver)]

    assert (seen["total"], seen["status"], seen["customer_id"]) == (done["total"], "completed", RECEIVER)
    assert (seen["explanations"], seen["effects"]["coupons"], seen["effects"]["points_clawed_back"]) == ([], [], 0)
    assert not any(word in str(seen) for word in (GIVER, "cpn-100", "points_settled", "card"))
    assert [[each["refund_id"] for each in items] for items in listed] == [[done["refund_id"]], []]
    assert listed[0][0]["customer_id"] == RECEIVER
    with pytest.raises(Refused, match="404 not_found"):
        await giver.get(f"/v1/refunds/{done['refund_id']}")


async def test_returns_of_gifts_count_against_who_returns_them(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, refund_limit={"count": 1, "window": "P30D"})
    for order_id in ("o1", "o2", "o3"):
        await shop.order(order_id)

    for order_id in ("o1", "o2"):
        await shop.refund(order_id, reason="changed_mind", **TO_RECEIVER)

    with pytest.raises(Refused, match="422 refund_right_suspended"):
        await shop.refund("o3", reason="changed_mind", **TO_RECEIVER)
    assert (await shop.customer(GIVER))["refund_rights"]["suspended"] is False
    assert (await shop.refund("o3", reason="changed_mind"))["status"] == "in_review"


async def test_only_a_merchant_says_who_got_it_and_it_is_never_who_bought_it(shop: Shop) -> None:
    await shop.order()
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only", **TO_RECEIVER}

    with pytest.raises(Refused, match="403 forbidden"):
        await (await seen_by(shop, GIVER)).post("/v1/refunds", body)
    for ask in (shop.quote, shop.refund):
        with pytest.raises(Refused, match=r"422 validation_failed.*/beneficiary"):
            await ask(beneficiary=GIVER)

    assert (await shop.merchant.get("/v1/refunds"))["items"] == []


async def test_a_gift_that_is_sent_back_and_inspected_pays_the_receiver_who_is_told_of_the_parcel(shop: Shop) -> None:
    await shop.order()

    done = await shop.returned(**TO_RECEIVER)

    assert await credit_of(shop, RECEIVER) == done["total"] == 1_200_00
    assert any("parcel" in each or "received" in each for each in await told(shop, RECEIVER))
    assert await told(shop, GIVER) == []
