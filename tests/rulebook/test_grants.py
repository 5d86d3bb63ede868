"""What orders granted goes back with the lines that earned it, over HTTP (rules 16, 44 and 45)."""

import pytest

from db.api_keys import Role
from tests.rulebook.test_campaigns import campaign
from tests.rulebook.test_entitlements import GRANTED, a_coupon, coupon, know_coupon
from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tools.client import Json

CARD_AND_SHIRT = [a_line("card", unit_price=50_00), a_line("shirt", unit_price=20_00)]


async def sell_a_gift_card_whose_credit_is_spent(shop: Shop, **reward: object) -> None:
    await shop.order(lines=CARD_AND_SHIRT, rewards=[{"kind": "store_credit", "amount": 50_00, **reward}])
    with_credit = [{"payment_id": "p1", "method": "store_credit", "amount": 50_00}]
    await shop.order("spent", lines=[a_line("l1", unit_price=50_00)], payments=with_credit)


def deducted(refund: Json) -> list[tuple[str, int]]:
    return [(each["kind"], each["amount"]) for each in refund["deductions"]]


async def test_the_credit_that_a_gift_card_loaded_goes_back_with_the_card(shop: Shop) -> None:
    await sell_a_gift_card_whose_credit_is_spent(shop, line_ids=["card"])

    shirt = await shop.approved_refund(lines=units("shirt"))
    card = await shop.approved_refund(lines=units("card"))

    assert (shirt["total"], deducted(shirt)) == (20_00, [])
    assert (card["total"], deducted(card)) == (0, [("granted_credit", 50_00)])
    assert (await shop.merchant.get("/v1/orders/o1"))["rewards"][0]["line_ids"] == ["card"]


async def test_without_lines_a_share_goes_back_with_every_part_of_the_goods(shop: Shop) -> None:
    await sell_a_gift_card_whose_credit_is_spent(shop)

    card = await shop.approved_refund(lines=units("card"))
    shirt = await shop.approved_refund(lines=units("shirt"))

    assert (card["total"], deducted(card)) == (14_29, [("granted_credit", 35_71)])
    assert (shirt["total"], deducted(shirt)) == (5_71, [("granted_credit", 14_29)])


async def test_credit_that_is_still_there_is_debited_part_by_part(shop: Shop) -> None:
    await shop.order(rewards=[{"kind": "store_credit", "amount": 81}])

    balances, statuses = [], []
    for _ in range(2):
        await shop.approved_refund(lines=units("l1"))
        balances.append((await shop.customer())["store_credit"]["balance"])
        (grant,) = (await shop.merchant.get("/v1/orders/o1"))["entitlements"]["grants"]
        statuses.append(grant["status"])

    assert (balances, statuses) == ([41, 0], ["granted", "withdrawn"])


async def test_the_share_of_an_unused_coupon_comes_back_when_the_coupon_is_revoked(shop: Shop) -> None:
    await know_coupon(shop, "welcome")
    await shop.order(rewards=[GRANTED])

    part = await shop.approved_refund(lines=units("l1"))
    in_between = (await coupon(shop, "welcome"))["status"]
    last = await shop.approved_refund(lines=units("l1"))

    assert (part["total"], deducted(part), in_between) == (550_00, [("granted_coupon", 50_00)], "unused")
    assert (last["total"], deducted(last)) == (650_00, [])
    (back,) = last["deductions_returned"]
    assert (back["kind"], back["id"], back["amount"], back["no_longer_owed"]) == ("granted_coupon", "welcome", 50_00, 0)
    assert (await coupon(shop, "welcome"))["status"] == "revoked"


async def test_what_was_owed_for_the_share_of_a_coupon_is_no_longer_owed_when_it_is_revoked(shop: Shop) -> None:
    await know_coupon(shop, "welcome")
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=20_00)], rewards=[GRANTED])

    await shop.approved_refund(lines=units("l1"))
    owed = (await shop.customer())["owed"]
    last = await shop.approved_refund(lines=units("l1"))

    assert (owed, last["total"], (await shop.customer())["owed"]) == ({"CNY": 30_00}, 40_00, {})


@pytest.mark.parametrize(("first", "then"), [("o1", "o2"), ("o2", "o1")])
@pytest.mark.parametrize(
    ("rule", "statuses"), [("deduct", {"unused", "revoked"}), ("forgive", {"revoked"})], ids=["deduct", "forgive"]
)
async def test_a_coupon_that_one_order_granted_and_another_used_is_worth_the_same_in_any_order_of_refunds(
    shop: Shop, first: str, then: str, rule: str, statuses: set[str]
) -> None:
    """The orders cost 500.00 and 200.00: 700.00 comes back, in money or as the coupon that was paid for."""
    await shop.lenient_policy(granted_coupon_used=rule)
    await know_coupon(shop, "welcome")
    await shop.order("o1", lines=[a_line("l1", unit_price=500_00)], rewards=[GRANTED])
    await shop.order("o2", lines=[a_line("l1", unit_price=300_00)], discounts=[a_coupon("welcome")])

    paid = [(await shop.approved_refund(order_id))["total"] for order_id in (first, then)]

    status = (await coupon(shop, "welcome"))["status"]
    assert status in statuses
    assert sum(paid) + (100_00 if status == "unused" else 0) == 700_00


@pytest.mark.parametrize(("turn", "back"), [(["o1", "o2"], "residual"), (["o2", "o1"], "reinstated")])
async def test_a_granted_coupon_that_took_off_less_than_it_is_worth_comes_back_worth_what_was_deducted_for_it(
    shop: Shop, turn: list[str], back: str
) -> None:
    """A coupon of 100.00 took 60.00 off: 500.00 comes back in either order, in money or as a coupon of 60.00."""
    await know_coupon(shop, "welcome", minimum_spend=50_00)
    await shop.order("o1", lines=[a_line("l1", unit_price=500_00)], rewards=[GRANTED])
    await shop.order("o2", lines=[a_line("l1", unit_price=60_00)], discounts=[a_coupon("welcome", 60_00)], payments=[])

    refunds = {order_id: await shop.approved_refund(order_id) for order_id in turn}

    usable = [each for each in (await shop.customer())["coupons"] if each["status"] == "unused"]
    (effect,) = refunds["o2"]["effects"]["coupons"]
    assert sum(each["total"] for each in refunds.values()) + sum(each["amount"] for each in usable) == 500_00
    assert effect["outcome"] == back
    assert [each["minimum_spend"] for each in usable] == ([50_00] if back == "residual" else [])


async def test_so_it_does_where_it_was_deducted_while_the_other_payout_was_pending(shop: Shop) -> None:
    await know_coupon(shop, "welcome")
    await shop.order("o1", lines=[a_line("l1", unit_price=500_00)], rewards=[GRANTED])
    await shop.order("o2", lines=[a_line("l1", unit_price=80_00)], discounts=[a_coupon("welcome", 60_00)])
    await shop.behave("ch-o2", "pending")
    using = await shop.refund("o2")
    await shop.until(using, "paying_out")

    granting = await shop.approved_refund("o1")
    await shop.behave("ch-o2", "succeed")
    using = await shop.until(using, "completed")

    (effect,) = using["effects"]["coupons"]
    assert (granting["total"], using["total"]) == (440_00, 20_00)
    assert (effect["outcome"], effect["amount"]) == ("residual", 60_00)
    assert (await coupon(shop, effect["residual_coupon_id"]))["status"] == "unused"


async def test_a_granted_coupon_that_took_nothing_off_costs_nothing_and_is_gone(shop: Shop) -> None:
    await know_coupon(shop, "welcome")
    await shop.order("o1", lines=[a_line("l1", unit_price=500_00)], rewards=[GRANTED])
    await shop.order("o2", lines=[a_line("l1", unit_price=60_00)], discounts=[a_coupon("welcome", 0)])

    paid = [(await shop.approved_refund(order_id))["total"] for order_id in ("o1", "o2")]

    assert paid == [500_00, 60_00]
    assert (await coupon(shop, "welcome"))["status"] == "revoked"


async def test_a_reward_names_lines_of_its_order(shop: Shop) -> None:
    reward = {"kind": "store_credit", "amount": 1, "line_ids": ["l9"]}

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=shop.order_body(rewards=[reward]))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_granted_coupon_may_be_called_like_a_granted_credit(shop: Shop) -> None:
    await know_coupon(shop, "store-credit-2")
    named = {"kind": "coupon", "coupon_id": "store-credit-2"}
    await shop.order(rewards=[named, {"kind": "store_credit", "amount": 80_00}])

    done = await shop.approved_refund()

    assert (done["total"], (await shop.customer())["store_credit"]["balance"]) == (1_200_00, 0)
    assert (await coupon(shop, "store-credit-2"))["status"] == "revoked"


@pytest.mark.parametrize(("first", "then"), [("o1", "o2"), ("o2", "o1")])
@pytest.mark.parametrize("kind", ["coupon", "store_credit"])
async def test_a_campaigns_reward_that_another_order_used_is_worth_the_same_in_any_order_of_refunds(
    shop: Shop, first: str, then: str, kind: str
) -> None:
    """The orders cost 1,000.00 and 200.00 beside the reward of 100.00, which is deducted or goes back."""
    await campaign(shop, "c9", threshold=1_000_00, reward={"kind": kind, "amount": 100_00})
    await shop.order("o1", lines=[a_line("l1", unit_price=1_000_00)])
    after_the_campaign: Json = {"paid_at": days_ago(2), "delivered_at": days_ago(1)}
    after_the_campaign |= {"lines": [a_line("l1", unit_price=300_00)]}
    if kind == "coupon":
        (reward,) = (await shop.customer())["coupons"]
        await shop.order("o2", discounts=[a_coupon(reward["coupon_id"])], **after_the_campaign)
    else:
        credit = {"payment_id": "p1", "method": "store_credit", "amount": 100_00}
        card = {"payment_id": "p2", "method": "card", "gateway": "sandbox", "gateway_ref": "ch-o2", "amount": 200_00}
        await shop.order("o2", payments=[credit, card], **after_the_campaign)

    paid = [(await shop.approved_refund(order_id))["total"] for order_id in (first, then)]

    customer = await shop.customer()
    usable = sum(100_00 for each in customer["coupons"] if each["status"] == "unused")
    if kind == "coupon":
        assert sum(paid) + usable == 1_200_00
    else:
        on_cards = sum(paid) - 100_00  # 100.00 of them went back to the credit
        assert on_cards + customer["store_credit"]["balance"] == 1_200_00
    assert customer["owed"] == {}


async def test_a_whole_price_that_comes_back_as_an_adjustment_takes_back_what_a_return_would(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_200_00, reward={"kind": "store_credit", "amount": 100_00})
    await shop.order(points_earned=500, rewards=[{"kind": "store_credit", "amount": 80_00}])

    part = await shop.approved_refund(lines=[{"line_id": "l1", "amount": 500_00}])
    rest = await shop.approved_refund(lines=[{"line_id": "l1", "amount": 700_00}])

    assert [each["effects"]["points_clawed_back"] for each in (part, rest)] == [0, 500]
    customer = await shop.customer()
    assert (customer["points"]["balance"], customer["store_credit"]["balance"]) == (0, 0)
