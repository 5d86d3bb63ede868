"""Orders as they are paid, over HTTP: later, in part, with interest, by some cents too much (rule 50)."""

import pytest

from db.ledger import Account, balance
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json, Refused

TWO = [a_line("l1", quantity=2, unit_price=50_00)]
DAY_1, DAY_2, DAY_3 = (days_ago(day) for day in (9, 8, 7))


def one() -> list[Json]:
    return [{"line_id": "l1", "quantity": 1}]


def figures(refund: Json) -> Json:
    return {
        "total": refund["total"],
        "payouts": [(each["payment_id"], each["amount"]) for each in refund["payouts"]],
        "lessened": [(each["payment_id"], each["amount"]) for each in refund["lessened"]],
        "interest": [(each["payment_id"], each["amount"]) for each in refund["interest"]],
        "overpaid": refund["overpaid"],
    }


async def left_open(shop: Shop) -> int:
    async with shop.engine.connect() as connection:
        return -await balance(connection, shop.merchant_id, Account.NOT_PAID_YET, "o1", "CNY")


async def test_cash_on_delivery_that_nobody_paid_is_refunded_and_nothing_is_paid_out(shop: Shop) -> None:
    never: Json = {"paid_at": None, "delivered_at": None, "status": "shipped"}
    pushed = await shop.order(**never, lines=TWO, payments=[], owed=100_00, points_earned=10)

    quoted = await shop.quote(reason="delivery_error")
    done = await shop.approved_refund(reason="delivery_error")

    assert (pushed["owed_left"], await shop.merchant.get("/v1/orders/o1"))[0] == 100_00
    assert figures(quoted) == figures(done)
    assert figures(done) == {
        "total": 0,
        "payouts": [],
        "lessened": [(None, 100_00)],
        "interest": [],
        "overpaid": 0,
    }
    assert "not paid yet" in done["lessened"][0]["explanation"]["text"]
    assert await left_open(shop) == 0
    told = [each["body"] for each in (await shop.merchant.get("/v1/customers/lilei/inbox"))["items"]]
    assert any("you have that much less to pay" in body for body in told)
    assert (await shop.merchant.get("/v1/orders/o1"))["owed_left"] == 0


async def test_what_is_not_captured_is_captured_less_and_never_paid_out(shop: Shop) -> None:
    cards = [a_payment("p1", 40_00, "ch-1"), {**a_payment("p2", 60_00, "ch-2"), "status": "authorized"}]
    pushed = await shop.order(lines=TWO, payments=cards)

    first = await shop.approved_refund(lines=one())
    between = await shop.merchant.get("/v1/orders/o1")
    second = await shop.approved_refund(lines=one())

    assert pushed["to_capture"] == [{"payment_id": "p2", "amount": 60_00}]
    assert (figures(first)["lessened"], first["payouts"]) == ([("p2", 50_00)], [])
    assert between["to_capture"] == [{"payment_id": "p2", "amount": 10_00}]
    assert figures(second) | {"interest": [], "overpaid": 0} == {
        "total": 40_00,
        "payouts": [("p1", 40_00)],
        "lessened": [("p2", 10_00)],
        "interest": [],
        "overpaid": 0,
    }
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []


async def test_interest_comes_back_for_the_merchants_fault_and_cents_too_much_with_the_last_unit(shop: Shop) -> None:
    by_instalments = {**a_payment("p1", 106_03, "ch-1"), "interest": 6_00}
    pushed = await shop.order(lines=TWO, payments=[by_instalments], owed=-3)
    await shop.lenient_policy()

    first = await shop.approved_refund(lines=one())
    second = await shop.approved_refund(lines=one(), reason="changed_mind")

    assert (pushed["payments"][0]["interest"], pushed["owed"]) == (6_00, -3)
    assert (first["total"], figures(first)["interest"]) == (53_00, [("p1", 3_00)])
    assert (second["total"], second["interest"], second["overpaid"]) == (50_03, [], 3)


async def test_an_order_that_is_paid_later_says_so_with_a_newer_snapshot(shop: Shop) -> None:
    owing = shop.order_body(lines=TWO, payments=[], owed=100_00, paid_at=None)
    await shop.merchant.put("/v1/orders/o1", owing)

    cash = [{"payment_id": "cash", "method": "other", "amount": 100_00}]
    paid = {**owing, "payments": cash, "owed": 0, "paid_at": owing["delivered_at"], "updated_at": owing["delivered_at"]}
    now = await shop.merchant.put("/v1/orders/o1", paid)
    done = await shop.approved_refund()

    assert (now["version"], now["owed_left"], now["paid_at"]) == (2, 0, owing["delivered_at"])
    assert (figures(done)["payouts"], done["lessened"]) == ([("cash", 100_00)], [])
    assert await left_open(shop) == 0


async def test_by_how_much_an_order_may_be_paid_too_much_the_policy_says(shop: Shop) -> None:
    await shop.policy(overpaid_at_most={"CNY": 2})

    with pytest.raises(Refused, match=r"422 order_does_not_balance.*3 too much, and overpaid_at_most is 2"):
        await shop.order(lines=TWO, payments=[a_payment("p1", 100_03, "ch-1")], owed=-3)

    assert (await shop.order(lines=TWO, payments=[a_payment("p1", 100_02, "ch-1")], owed=-2))["owed"] == -2


async def test_an_invoice_that_is_paid_in_full_after_a_refund_is_paid_back_once_by_a_refund_of_its_own(
    shop: Shop,
) -> None:
    owing = shop.order_body(lines=TWO, payments=[], owed=100_00, paid_at=None)
    await shop.merchant.put("/v1/orders/o1", owing)
    first = await shop.approved_refund(lines=one())

    cash = [{"payment_id": "cash", "method": "other", "amount": 100_00}]
    paid = {**owing, "payments": cash, "owed": 0, "paid_at": owing["delivered_at"], "updated_at": owing["delivered_at"]}
    said = [await shop.merchant.put("/v1/orders/o1", paid) for _ in range(3)]
    made = [each for each in said[-1]["refunds"] if each["refund_id"] != first["refund_id"]]
    back = await shop.until(made[0], "completed")
    after = await shop.merchant.get("/v1/orders/o1")
    rest = await shop.approved_refund(lines=one(), confirm_duplicate=True)

    assert (said[0]["paid_after_all"], len(made)) == (50_00, 1)
    assert (back["total"], back["paid_after_all"], figures(back)["payouts"]) == (50_00, 50_00, [("cash", 50_00)])
    assert any(each["figure"] == "paid_after_all" and each["rule"] == 50 for each in back["explanations"])
    assert (after["paid_after_all"], after["owed_left"], len(after["refunds"])) == (0, 0, 2)
    assert figures(rest)["payouts"] == [("cash", 50_00)]
    assert await left_open(shop) == 0


async def test_what_is_captured_though_a_refund_released_it_waits_for_a_person_where_the_policy_wants_one(
    shop: Shop,
) -> None:
    cards = [a_payment("p1", 40_00, "ch-1"), {**a_payment("p2", 60_00, "ch-2"), "status": "authorized"}]
    await shop.order(lines=TWO, payments=cards)
    first = await shop.approved_refund(lines=one())
    await shop.policy(auto_approve={"max_amount": 0})

    less = await shop.order(
        lines=TWO, payments=[cards[0], a_payment("p2", 10_00, "ch-2")], owed=50_00, updated_at=DAY_1
    )
    all_of_it = await shop.order(lines=TWO, payments=[cards[0], a_payment("p2", 60_00, "ch-2")], updated_at=DAY_2)
    (waiting,) = (each for each in all_of_it["refunds"] if each["refund_id"] != first["refund_id"])
    await shop.reviewer.post(f"/v1/refunds/{waiting['refund_id']}/review", {"decision": "approve"})
    back = await shop.until(waiting, "completed")
    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        await shop.order(lines=TWO, payments=[cards[0], a_payment("p2", 50_00, "ch-2")], owed=10_00, updated_at=DAY_3)

    assert (less["version"], less["owed_left"], less["paid_after_all"], len(less["refunds"])) == (2, 0, 0, 1)
    assert (waiting["status"], back["total"]) == ("in_review", 50_00)
    assert back["refund_id"] in refused.value.detail
