"""Rewards for somebody else, credit that ends, and shipping paid with points; over HTTP (rules 10, 16, 18 and 45)."""

from db.api_keys import Role
from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tests.workflows.test_late_failures import hears_that_it_failed
from tools.client import Json

LINES = [a_line("l1", unit_price=600_00), a_line("l2", unit_price=600_00)]
LATER = "2099-01-01T00:00:00Z"


def credit(amount: int, *line_ids: str, of: str | None = "friend", expires_at: str | None = None) -> Json:
    said: Json = {"kind": "store_credit", "coupon_id": None, "amount": amount, "line_ids": list(line_ids)}
    return said | {name: value for name, value in (("customer_id", of), ("expires_at", expires_at)) if value}


async def has(shop: Shop, customer_id: str | None = None) -> tuple[int, Json]:
    """Store credit, and what is owed."""
    known = await shop.customer(customer_id)
    return known["store_credit"]["balances"].get("CNY", 0), known["owed"]


def bought_with_credit(amount: int) -> Json:
    """An order of the friend's."""
    return {
        "customer_id": "friend",
        "lines": [a_line("l1", unit_price=amount)],
        "payments": [{"payment_id": "p1", "method": "store_credit", "amount": amount}],
    }


async def test_what_a_friend_was_granted_goes_back_from_them_with_its_lines(shop: Shop) -> None:
    sold = await shop.order(lines=LINES, rewards=[credit(50_00, "l1", expires_at=LATER)])
    assert sold["rewards"] == [credit(50_00, "l1", expires_at=LATER)]
    assert (await has(shop, "friend"), await has(shop)) == ((50_00, {}), (0, {}))

    other, its_own = [await shop.approved_refund(lines=units(line_id)) for line_id in ("l2", "l1")]

    assert [each["total"] for each in (other, its_own)] == [600_00, 600_00]
    assert (await has(shop, "friend"), await has(shop)) == ((0, {}), (0, {}))
    assert (await shop.merchant.get("/v1/orders/o1"))["entitlements"]["grants"][0]["status"] == "withdrawn"


async def test_what_a_friend_has_spent_they_owe_and_the_buyer_is_told_nothing_of_it(shop: Shop) -> None:
    await shop.order(lines=LINES, rewards=[credit(50_00)])
    await shop.order("theirs", **bought_with_credit(30_00))

    quote = await shop.quote()
    done = await shop.approved_refund()

    assert quote["total"] == done["total"] == 1_200_00
    assert done["deductions"] == quote["deductions"] == []
    assert (await has(shop, "friend"), await has(shop)) == ((0, {"CNY": 30_00}), (0, {}))
    key = await shop.customer_key(shop.customer_id)
    headers = {"Authorization": f"Bearer {key}"}
    seen = await shop.http.get(f"/v1/refunds/{done['refund_id']}", headers=headers)
    assert seen.is_success and "friend" not in seen.text and "store credit" not in seen.text


async def test_who_bought_the_order_is_nobody_else(shop: Shop) -> None:
    await shop.order(rewards=[credit(5_00, of=shop.customer_id)])
    assert (await has(shop))[0] == 5_00

    done = await shop.approved_refund()

    assert done["deductions"] == []
    assert (await has(shop))[0] == 0


async def test_credit_that_ended_unspent_is_gone_and_is_not_taken_once_more(shop: Shop) -> None:
    await shop.order(lines=LINES, rewards=[credit(50_00, of=None, expires_at=days_ago(2)), credit(7_00, of=None)])
    assert await has(shop) == (7_00, {})

    done = await shop.approved_refund()

    assert (done["total"], done["deductions"]) == (1_200_00, [])
    assert await has(shop) == (0, {})


async def test_credit_that_ends_first_is_spent_first(shop: Shop) -> None:
    await shop.order(lines=LINES, rewards=[credit(7_00), credit(50_00, expires_at=days_ago(2))])
    spent = bought_with_credit(30_00) | {"paid_at": days_ago(20, "08:01:00"), "delivered_at": days_ago(19)}
    await shop.order("theirs", **spent)
    assert await has(shop, "friend") == (7_00, {})

    await shop.approved_refund()

    assert await has(shop, "friend") == (0, {"CNY": 30_00})


async def test_a_payout_that_fails_later_gives_a_friend_theirs_again_as_it_was(shop: Shop) -> None:
    await shop.order(rewards=[credit(50_00, expires_at=LATER)])
    done = await shop.approved_refund()
    assert await has(shop, "friend") == (0, {})

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, done)
    await shop.until_event(done, "needs_attention")

    assert await has(shop, "friend") == (50_00, {})
    spent = bought_with_credit(50_00)
    await shop.order("theirs", **spent)
    assert await has(shop, "friend") == (0, {})


async def test_points_that_paid_for_shipping_come_back_with_it(shop: Shop) -> None:
    await shop.order("o0")
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 100})
    await shop.lenient_policy()
    shipping = {"source": "points", "target": "shipping", "points": 80, "amount": 8_00}
    await shop.order(lines=LINES, shipping={"amount": 8_00}, discounts=[shipping])
    before = (await shop.customer())["points"]["balance"]

    parts = [await shop.approved_refund(lines=units(line_id), reason="changed_mind") for line_id in ("l1", "l2")]

    assert [each["effects"]["points_restored"] for each in parts] == [0, 80]
    assert [each["total"] for each in parts] == [600_00, 600_00]
    assert (await shop.customer())["points"]["balance"] == before + 80


async def test_a_coupon_has_an_end_of_its_own(shop: Shop) -> None:
    reward = {"kind": "coupon", "coupon_id": "thanks", "expires_at": LATER}
    body = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o9", json=shop.order_body("o9", rewards=[reward]))

    assert "a coupon has its own valid_until" in body.text
