"""Points that an order earned in lots: of lines, with an end, or fixed; over HTTP (rule 19)."""

import pytest

from db.api_keys import Role
from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tools.client import Json

LINES = [a_line("l1", unit_price=600_00), a_line("l2", unit_price=600_00)]
LATER = "2099-01-01T00:00:00Z"


def lot(points: int, *line_ids: str, expires_at: str | None = None, fixed: bool = False) -> Json:
    return {"points": points, "line_ids": list(line_ids), "expires_at": expires_at, "fixed": fixed}


async def balance(shop: Shop) -> int:
    return int((await shop.customer())["points"]["balance"])


async def test_points_go_back_with_the_lines_that_earned_them_and_a_bonus_with_the_last(shop: Shop) -> None:
    earned = [lot(10, "l1", expires_at=LATER), lot(90, "l2"), lot(500, fixed=True)]
    sold = await shop.order(lines=LINES, points_earned=earned)
    before = await balance(shop)

    quote = await shop.quote(lines=units("l2"))
    parts = [await shop.approved_refund(lines=units(line_id)) for line_id in ("l2", "l1")]

    assert sold["points_earned"] == earned and sold["entitlements"]["points_earned"] == before == 600
    assert quote["effects"]["points_clawed_back"] == 90
    assert [each["effects"]["points_clawed_back"] for each in parts] == [90, 510]
    assert await balance(shop) == 0
    assert "90 points go back: what the goods returned so far earned, less the 0 taken before." in [
        each["text"] for each in quote["explanations"]
    ]


async def test_points_that_ran_out_unspent_are_not_taken_once_more(shop: Shop) -> None:
    await shop.order(lines=LINES, points_earned=[lot(50, "l1", expires_at=days_ago(2)), lot(7, "l2")])
    assert await balance(shop) == 7

    done = await shop.approved_refund()

    assert done["effects"]["points_clawed_back"] == 7
    assert await balance(shop) == 0


async def test_what_was_spent_of_points_that_ended_goes_back(shop: Shop) -> None:
    await shop.order(lines=LINES, points_earned=[lot(50, expires_at=days_ago(2))])
    used = [{"source": "points", "points": 20, "amount": 20}]
    await shop.order("o2", discounts=used, paid_at=days_ago(20, "08:01:00"), delivered_at=days_ago(19))

    done = await shop.approved_refund()

    assert done["effects"]["points_clawed_back"] == 20
    assert await balance(shop) == -20


async def test_a_number_and_its_one_lot_come_to_the_same(shop: Shop) -> None:
    for order_id, earned in (("o1", 33), ("o2", [lot(33)])):
        sold = await shop.order(order_id, lines=LINES, points_earned=earned)
        assert sold["points_earned"] == earned

    totals = [await shop.approved_refund(order_id, lines=units("l1")) for order_id in ("o1", "o2")]

    assert [each["effects"]["points_clawed_back"] for each in totals] == [16, 16]


async def test_what_a_booked_order_earned_does_not_change(shop: Shop) -> None:
    await shop.order(points_earned=[lot(33)])

    body = shop.order_body(points_earned=[lot(33, fixed=True)])
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_state")
    assert "points_earned can't change" in answer.json()["detail"] and "lots" not in answer.json()["detail"]


@pytest.mark.parametrize(
    "earned",
    [
        [lot(5, "l9")],
        [lot(5, "l1", "l1")],
        [lot(5, "l1", fixed=True)],
        [lot(-5)],
        [{"line_ids": []}],
        [lot(10**12), lot(1)],
        "5",
        -5,
    ],
)
async def test_points_that_cannot_be_earned_are_refused(shop: Shop, earned: object) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=shop.order_body(points_earned=earned))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
