"""Yen have no decimals and dinars three; an order may cost no money at all (rules 1, 2, 4 and 18)."""

import pytest
from hypothesis import given

from domain.entitlements.points import PointsEffect
from domain.money.amounts import Money
from domain.policy import Policy, PromotionRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order
from domain.settlement.owed import overpaid_back
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_discount, a_line, an_order, cny, points_worth, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

REPRICE = Policy(promotion_refund=PromotionRefund.REPRICE)


def one_by_one(order: Order, policy: Policy | None = None) -> list[Settlement]:
    desk = Desk(order, policy)
    return [desk.refund(units("l1", 1)) for _ in range(order.lines[0].quantity)]


@pytest.mark.parametrize(
    ("currency", "price", "off", "parts"),
    [
        ("JPY", 100, 10, [97, 97, 96]),
        ("CNY", 100_00, 10_00, [96_67, 96_67, 96_66]),
        ("KWD", 100_000, 10_000, [96_667, 96_667, 96_666]),
    ],
)
def test_three_for_290_come_back_to_the_last_yen_fen_and_fils(
    currency: str, price: int, off: int, parts: list[int]
) -> None:
    order = an_order([a_line(3, price, currency=currency)], [a_discount(off, currency=currency)], currency=currency)

    assert [part.total for part in one_by_one(order)] == [Money(currency, part) for part in parts]


@pytest.mark.parametrize(("currency", "unit"), [("JPY", 1), ("CNY", 100), ("KWD", 1_000)])
def test_save_10_from_50_is_repriced_in_every_currency(currency: str, unit: int) -> None:
    save = a_discount(10 * unit, minimum_spend=50 * unit, currency=currency)
    order = an_order([a_line(3, 20 * unit, currency=currency)], [save], currency=currency)

    assert [part.total.minor_units // unit for part in one_by_one(order, REPRICE)] == [10, 20, 20]


# Orders that cost no money


@pytest.mark.parametrize("policy", [Policy(), REPRICE], ids=["prorate", "reprice"])
def test_an_order_paid_with_points_alone_is_a_refund_too_and_gives_back_that_items_points_only(policy: Policy) -> None:
    lines = [a_line(1, 60_00), a_line(1, 40_00)]
    desk = Desk(an_order(lines, [points_worth(100_00, points=1_000)]), policy)

    first, second = desk.refund(units("l2", 1)), desk.refund(units("l1", 1))

    assert (first.total, first.payouts, first.points) == (cny(0), (), PointsEffect(400, 0))
    assert (second.total, second.payouts, second.points) == (cny(0), (), PointsEffect(600, 0))
    assert second.completes_order


def test_what_cost_nothing_is_returned_like_anything_else() -> None:
    desk = Desk(an_order([a_line(2, 0)]))

    assert [desk.refund(units("l1", 1)).completes_order for _ in range(2)] == [False, True]
    with pytest.raises(RefundRejected) as refused:
        desk.quote()
    assert refused.value.code is Refusal.NOTHING_LEFT_TO_REFUND


# Nothing


@given(desks(), histories())
def test_the_quote_of_nothing_is_nothing(desk: Desk, steps: list[Step]) -> None:
    """Or what was paid too much, where the last unit came back elsewhere and that did not (rule 50)."""
    play(desk, steps)

    nothing = desk.quote_nothing()

    too_much = overpaid_back(desk.position, completes_order=desk.position.is_fully_returned())
    assert nothing.goods.minor_units == 0
    assert nothing.total.minor_units in range(too_much.minor_units + 1)
    assert Money.total((each.amount for each in nothing.payouts), too_much.currency) == nothing.total
    assert (nothing.shipping.minor_units, nothing.points, nothing.residuals) == (0, PointsEffect(0, 0), ())
    assert nothing.fees == () or all(not fee.amount for fee in nothing.fees)
