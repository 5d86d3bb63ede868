"""Coupons that every customer may use, and coupons with several uses (rules 13 to 15 and 43)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from db.api_keys import Role
from tests.shop import Shop, a_line, days_ago
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tools.client import Json

CODE = "SAVE10"
ENDS = days_ago(17, "08:01:00")
"""Ten days after the orders of these tests are paid."""

PAID = days_ago(27, "08:01:00")


async def know(shop: Shop, coupon_id: str = CODE, **fields: Any) -> Json:
    body = {"name": "Save ten", "amount": 10_00, "currency": "CNY", **fields}
    return await shop.merchant.put(f"/v1/coupons/{coupon_id}", body)


def sold(shop: Shop, order_id: str, customer_id: str = "lilei", coupon_id: str = CODE) -> Json:
    off = [{"source": "coupon", "id": coupon_id, "amount": 10_00}]
    return shop.order_body(order_id, customer_id=customer_id, discounts=off)


async def buy(shop: Shop, order_id: str, customer_id: str = "lilei", coupon_id: str = CODE) -> int:
    """Sell an order that uses the coupon; return the status of the answer, which says why not."""
    answer = await shop.raw(
        Role.MERCHANT, "PUT", f"/v1/orders/{order_id}", json=sold(shop, order_id, customer_id, coupon_id)
    )
    if answer.status_code != 200:
        assert answer.json()["code"] == "conflicting_state" and " has 0 of " in answer.json()["detail"]
    return answer.status_code


async def coupon(shop: Shop, coupon_id: str = CODE) -> Json:
    return await shop.merchant.get(f"/v1/coupons/{coupon_id}")


async def coupon_of(shop: Shop, customer_id: str) -> Json | None:
    owned: list[Json] = (await shop.customer(customer_id))["coupons"]
    return next((each for each in owned if each["coupon_id"] == CODE), None)


async def uses(shop: Shop, customer_id: str) -> tuple[str, int, int, int | None]:
    """How the code stands for a customer: status, how often it is used, how often given back, how often left."""
    known = await coupon_of(shop, customer_id)
    assert known is not None
    own = known["of_customer"]
    return known["status"], own["uses"], own["given_back"], own["uses_left"]


# Limits


async def test_a_shop_wide_code_is_used_by_all_until_it_is_used_up(shop: Shop) -> None:
    new = await know(shop, max_uses=2)

    sold_to = [await buy(shop, f"o-{customer}", customer) for customer in ("a", "b", "c")]

    assert (new["customer_id"], new["status"], new["uses"], new["uses_left"]) == (None, "unused", 0, 2)
    assert new["of_customer"] is None
    assert sold_to == [200, 200, 409]
    after = await coupon(shop)
    assert (after["status"], after["uses"], after["uses_left"]) == ("used", 2, 0)


async def test_an_order_that_is_put_again_uses_its_code_once(shop: Shop) -> None:
    await know(shop, max_uses=1)

    again = [await buy(shop, "o1", "a") for _ in range(3)]

    assert again == [200, 200, 200]
    assert (await coupon(shop))["uses"] == 1


async def test_without_limits_a_shop_wide_code_has_no_end_of_uses(shop: Shop) -> None:
    await know(shop)

    assert [await buy(shop, f"o{number}", "a") for number in range(3)] == [200] * 3

    assert ((await coupon(shop))["uses"], (await coupon(shop))["uses_left"]) == (3, None)
    assert await uses(shop, "a") == ("unused", 3, 0, None)


async def test_one_customer_uses_a_code_no_more_often_than_each_may(shop: Shop) -> None:
    await know(shop, max_uses_per_customer=2)

    assert [await buy(shop, f"a{number}", "a") for number in range(3)] == [200, 200, 409]
    assert await buy(shop, "b0", "b") == 200

    assert await uses(shop, "a") == ("used", 2, 0, 0)
    assert await uses(shop, "b") == ("unused", 1, 0, 1)
    assert (await coupon(shop))["status"] == "unused"


async def test_a_customers_own_coupon_may_have_several_uses(shop: Shop) -> None:
    await know(shop, customer_id="a", max_uses=2)

    assert [await buy(shop, f"a{number}", "a") for number in range(3)] == [200, 200, 409]

    assert await uses(shop, "a") == ("used", 2, 0, 0)
    assert (await coupon(shop))["of_customer"] == {"uses": 2, "given_back": 0, "uses_left": 0}


async def test_of_many_orders_at_once_just_so_many_use_the_code(shop: Shop) -> None:
    for max_uses in (1, 3, 20):
        code = f"{CODE}-{max_uses}"
        await know(shop, code, max_uses=max_uses)

        orders = (buy(shop, f"{code}-{number}", f"c{number}", code) for number in range(max_uses + 4))
        answers = await asyncio.gather(*orders)

        assert sorted(answers) == [200] * max_uses + [409] * 4
        assert (await coupon(shop, code))["uses"] == max_uses


async def test_of_one_customers_orders_at_once_just_so_many_use_the_code_as_each_may(shop: Shop) -> None:
    await know(shop, max_uses_per_customer=2)

    answers = await asyncio.gather(*(buy(shop, f"a{number}", "a") for number in range(6)))

    assert sorted(answers) == [200, 200, 409, 409, 409, 409]
    assert await uses(shop, "a") == ("used", 2, 0, 0)


async def test_a_limit_that_changes_while_orders_arrive_is_kept(shop: Shop) -> None:
    await know(shop, max_uses=30)

    orders = (buy(shop, f"o{number}", f"c{number}") for number in range(16))
    changes = (know(shop, max_uses=most) for most in (20, 12, 8))
    answers, _ = await asyncio.gather(asyncio.gather(*orders), asyncio.gather(*changes))
    after = await coupon(shop)

    assert after["uses"] == answers.count(200) >= 8
    assert after["uses_left"] == max(after["max_uses"] - after["uses"], 0)
    assert await buy(shop, "late", "late") == (200 if after["uses_left"] else 409)


async def test_two_codes_on_one_order_are_taken_together_or_not_at_all(shop: Shop) -> None:
    await know(shop, "AAA", max_uses=5)
    await know(shop, "BBB", max_uses=1)
    both = [{"source": "coupon", "id": name, "amount": 10_00} for name in ("BBB", "AAA")]

    async def buy_with_both(number: int) -> int:
        body = shop.order_body(f"o{number}", customer_id=f"c{number}", discounts=both[:: 1 if number % 2 else -1])
        return (await shop.raw(Role.MERCHANT, "PUT", f"/v1/orders/o{number}", json=body)).status_code

    answers = await asyncio.gather(*(buy_with_both(number) for number in range(5)))

    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert [(await coupon(shop, name))["uses"] for name in ("AAA", "BBB")] == [1, 1]


async def test_a_limit_that_the_merchant_changes_counts_from_what_is_used(shop: Shop) -> None:
    await know(shop, max_uses=40)
    for number in range(3):
        await buy(shop, f"o{number}", f"c{number}")

    lower = await know(shop, max_uses=2)
    refused = await buy(shop, "o3", "c3")
    higher = await know(shop, max_uses=4)
    taken = [await buy(shop, f"o{number}", f"c{number}") for number in (4, 5)]

    assert (lower["uses"], lower["uses_left"], refused) == (3, 0, 409)
    assert (higher["uses"], higher["uses_left"], taken) == (3, 1, [200, 409])


async def test_orders_that_used_a_code_before_it_was_known_count(shop: Shop) -> None:
    assert [await buy(shop, "o1", "a"), await buy(shop, "o2", "b")] == [200, 200]

    known = await know(shop, max_uses=3)

    assert (known["uses"], known["uses_left"]) == (2, 1)
    assert await uses(shop, "a") == ("unused", 1, 0, 1)


# What comes back (rules 13 to 15)


async def test_a_use_comes_back_to_the_customer_who_had_it_and_to_nobody_else(shop: Shop) -> None:
    await know(shop, max_uses=2, valid_until=ENDS)
    await buy(shop, "a1", "a")
    await buy(shop, "b1", "b")

    done = await shop.approved_refund("a1")
    others = await buy(shop, "c1", "c")

    assert done["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert "Coupon Save ten can be used once more, because the whole order comes back." in [
        each["text"] for each in done["explanations"]
    ]
    known, theirs = await coupon(shop), await coupon_of(shop, "a")
    assert theirs is not None and others == 409
    assert (known["status"], known["uses"], known["uses_left"]) == ("used", 1, 0)
    assert datetime.fromisoformat(known["valid_until"]) == datetime.fromisoformat(ENDS)
    assert theirs["status"] == "unused" and theirs["of_customer"] == {"uses": 0, "given_back": 1, "uses_left": 1}
    ten_days_on = datetime.fromisoformat(done["completed_at"]) + timedelta(days=10)
    assert abs(datetime.fromisoformat(theirs["valid_until"]) - ten_days_on) < timedelta(minutes=1)
    assert (await shop.merchant.get("/v1/orders/a1"))["entitlements"]["coupons"] == [
        {"coupon_id": CODE, "status": "unused"}
    ]


async def test_what_came_back_is_used_again_once_with_the_end_that_it_was_given(shop: Shop) -> None:
    await know(shop, max_uses=1, valid_until=ENDS)
    await buy(shop, "a1", "a")
    first = await shop.approved_refund("a1")

    again = [await buy(shop, "a2", "a"), await buy(shop, "a3", "a")]
    second = await shop.approved_refund("a2")

    assert again == [200, 409]
    theirs = await coupon_of(shop, "a")
    assert theirs is not None and theirs["of_customer"] == {"uses": 0, "given_back": 1, "uses_left": 1}
    left = datetime.fromisoformat(first["completed_at"]) + timedelta(days=10) - datetime.fromisoformat(PAID)
    end = datetime.fromisoformat(second["completed_at"]) + left
    assert abs(datetime.fromisoformat(theirs["valid_until"]) - end) < timedelta(minutes=1)


async def test_each_use_of_one_customer_comes_back_with_its_own_order(shop: Shop) -> None:
    await know(shop, max_uses_per_customer=2)
    await buy(shop, "a1", "a")
    await buy(shop, "a2", "a")

    one = await shop.approved_refund("a1")
    in_between = await uses(shop, "a")
    other = await shop.approved_refund("a2")

    for each in (one, other):
        assert each["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert in_between == ("unused", 1, 1, 1)
    assert await uses(shop, "a") == ("unused", 0, 2, 2)


async def test_a_part_of_a_shop_wide_code_is_a_coupon_of_the_customer_who_used_it(shop: Shop) -> None:
    await shop.lenient_policy(coupon_on_partial="residual")
    await know(shop, amount=None, rate_bp=1_000, max_amount=10_00, max_uses=2)
    await buy(shop, "a1", "a")

    done = await shop.approved_refund("a1", lines=[{"line_id": "l1", "quantity": 1}])

    (effect,) = done["effects"]["coupons"]
    assert (effect["outcome"], effect["amount"]) == ("residual", 5_00)
    part = await coupon(shop, effect["residual_coupon_id"])
    assert (part["customer_id"], part["amount"], part["rate_bp"], part["uses_left"]) == ("a", 5_00, None, 1)
    assert await uses(shop, "a") == ("unused", 1, 0, 1)


async def test_a_code_that_is_not_reusable_stays_used(shop: Shop) -> None:
    await know(shop, max_uses=1, reusable_after_refund=False)
    await buy(shop, "a1", "a")

    done = await shop.approved_refund("a1")

    assert done["effects"]["coupons"][0]["outcome"] == "kept"
    assert await uses(shop, "a") == ("used", 1, 0, 0)


async def test_a_payout_that_fails_later_takes_the_use_again_though_it_was_used_meanwhile(shop: Shop) -> None:
    await know(shop, max_uses=1)
    await shop.order("a1", customer_id="a", discounts=[{"source": "coupon", "id": CODE, "amount": 10_00}])
    refund = await shop.approved_refund("a1")
    await buy(shop, "a2", "a")
    before = await coupon(shop)

    await shop.behave("ch-a1", "fail_after_success")
    await hears_that_it_failed(shop, refund, "p1")
    await shop.until_noticed(refund)
    withdrawn = await coupon(shop)
    await settle_by_hand(shop, refund)
    await shop.until(refund, "completed")

    assert (before["uses"], withdrawn["uses"], withdrawn["uses_left"]) == (1, 2, 0)
    assert await uses(shop, "a") == ("used", 1, 0, 0)
    assert ((await coupon(shop))["uses"], (await know(shop, max_uses=2))["uses_left"]) == (1, 1)


async def test_a_customers_coupon_that_gets_a_limit_keeps_the_time_that_came_back(shop: Shop) -> None:
    await know(shop, customer_id="lilei", valid_until=ENDS)
    await buy(shop, "o1")
    await shop.approved_refund("o1")
    before = await coupon(shop)

    after = await know(shop, customer_id="lilei", valid_until=ENDS, max_uses=3)

    assert (after["valid_until"], after["status"]) == (before["valid_until"], "unused")
    assert after["of_customer"] == {"uses": 0, "given_back": 1, "uses_left": 1}


async def test_an_order_that_grants_what_everybody_has_takes_nothing_back(shop: Shop) -> None:
    await know(shop)
    await shop.order("o1", rewards=[{"kind": "coupon", "coupon_id": CODE}], lines=[a_line("l1", unit_price=50_00)])
    await buy(shop, "b1", "b")

    done = await shop.approved_refund("o1")

    assert (done["total"], done["deductions"], (await coupon(shop))["status"]) == (50_00, [], "unused")


# Bad input


async def test_what_no_coupon_can_be_is_refused_with_the_field_that_is_wrong(shop: Shop) -> None:
    wrong: dict[str, Json] = {
        "/rate_bp": {"rate_bp": 10_001, "amount": None},
        "/max_uses": {"max_uses": 0},
        "/max_uses_per_customer": {"max_uses_per_customer": 0},
        "/max_amount": {"max_amount": 5_00},
        "/amount": {"amount": None},
    }
    both = {"rate_bp": 1_000}
    for pointer, fields in [*wrong.items(), ("/rate_bp", both), ("/rate_bp", {"rate_bp": 0, "amount": None})]:
        body = {"name": "Save", "amount": 10_00, "currency": "CNY", **fields}
        answer = await shop.raw(Role.MERCHANT, "PUT", f"/v1/coupons/{CODE}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_whose_a_coupon_is_never_changes(shop: Shop) -> None:
    await know(shop)
    await know(shop, "own", customer_id="a")

    for coupon_id, customer_id in ((CODE, "a"), ("own", None), ("own", "b")):
        body = {"customer_id": customer_id, "name": "Save", "amount": 10_00, "currency": "CNY"}
        answer = await shop.raw(Role.MERCHANT, "PUT", f"/v1/coupons/{coupon_id}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_state")
