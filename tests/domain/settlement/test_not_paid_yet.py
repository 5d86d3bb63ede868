"""Orders as they are paid: later, in part, with interest, by some cents too much, or not captured (rule 50)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.reasons import Reason
from domain.money.amounts import Money
from domain.payout.owed import PaymentPart
from domain.policy import PointsShortfall, Policy, TenderOrder
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order, OrderStatus
from domain.sale.overpaid import refuse_paid_too_much
from domain.sale.payments import Payment, PaymentStatus
from domain.sale.sales import book
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, a_payment, an_order, cny, money_only, units
from tests.domain.checks import minor_units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

# What is still owed (rule 50)


def owing(owed: int, *payments: Payment, unit_price: int = 50_00, units_sold: int = 2, shipping: int = 0) -> Order:
    """Two units of 50.00 unless told otherwise, of which so much is not paid yet."""
    order = an_order([a_line(units_sold, unit_price)], shipping=shipping, payments=payments)
    return replace(order, owed=cny(owed))


def authorized(payment_id: str, amount: int, status: PaymentStatus = PaymentStatus.AUTHORIZED) -> Payment:
    return replace(a_payment(payment_id, amount), status=status)


def with_interest(payment_id: str, amount: int, interest: int) -> Payment:
    return replace(a_payment(payment_id, amount + interest), interest=cny(interest))


def paid_out(*settlements: Settlement) -> dict[str, int]:
    """What each payment got, in minor units."""
    got: dict[str, int] = {}
    for tender in (tender for each in settlements for tender in each.payouts):
        got[tender.payment.payment_id] = got.get(tender.payment.payment_id, 0) + tender.amount.minor_units
    return got


def no_longer_owed(settlement: Settlement) -> int:
    return settlement.lessened.owed.minor_units if settlement.lessened else 0


def released(settlement: Settlement) -> dict[str, int]:
    parts = settlement.lessened.released if settlement.lessened else ()
    return {each.payment_id: each.amount.minor_units for each in parts}


def test_what_was_never_paid_is_never_paid_out() -> None:
    settlement = Desk(owing(100_00)).refund()

    assert (settlement.total, settlement.payouts, settlement.comes_to) == (cny(0), (), cny(100_00))
    assert no_longer_owed(settlement) == 100_00


def test_what_is_owed_is_lessened_first_and_then_what_was_paid_comes_back() -> None:
    desk = Desk(owing(70_00, a_payment("p1", 30_00)))

    first, second = desk.refund(units("l1", 1)), desk.refund(units("l1", 1))

    assert (no_longer_owed(first), first.total) == (50_00, cny(0))
    assert (no_longer_owed(second), second.total) == (20_00, cny(30_00))
    assert desk.position.owed_left == cny(0)


def test_a_refund_that_is_released_leaves_what_is_owed_to_the_next_one() -> None:
    desk = Desk(owing(60_00, a_payment("p1", 40_00)))
    first, second = desk.request(units("l1", 1)), desk.request(units("l1", 1))
    desk.settle(first)
    desk.settle(second)

    desk.release(first)

    assert desk.position.owed_left == cny(50_00)
    again = desk.refund(units("l1", 1))
    assert (no_longer_owed(again), again.total) == (50_00, cny(0))


def test_a_fee_stays_owed() -> None:
    desk = Desk(owing(100_00), Policy(return_shipping_fee=8_00))

    settlement = desk.refund(goods_come_back=True)

    assert no_longer_owed(settlement) == 92_00
    assert desk.position.owed_left == cny(8_00)


def test_what_is_gone_is_deducted_before_what_is_owed_is_lessened() -> None:
    order = replace(owing(100_00), points_earned=1_000)
    desk = Desk(order, Policy(points_shortfall=PointsShortfall.DEDUCT_FROM_REFUND))

    settlement = desk.refund()

    assert (minor_units(each.amount for each in settlement.deductions), no_longer_owed(settlement)) == (10_00, 90_00)


def test_what_never_arrived_and_was_never_paid_can_be_refunded() -> None:
    order = replace(owing(100_00), status=OrderStatus.SHIPPED, paid_at=None, delivered_at=None)

    settlement = Desk(order).refund(reason=Reason.DELIVERY_ERROR)

    assert order.is_sold
    assert order.sold_at == order.placed_at
    assert (settlement.payouts, settlement.comes_to) == ((), cny(100_00))


@pytest.mark.parametrize(
    ("status", "owed", "is_sold"),
    [(OrderStatus.PLACED, 100_00, False), (OrderStatus.CANCELLED, 100_00, True), (OrderStatus.CANCELLED, 0, False)],
)
def test_what_is_owed_is_sold_once_it_is_no_more_than_placed(status: OrderStatus, owed: int, is_sold: bool) -> None:
    assert replace(owing(owed), status=status, paid_at=None).is_sold is is_sold


# What is not captured (rule 50)


@pytest.mark.parametrize("status", [PaymentStatus.AUTHORIZED, PaymentStatus.PENDING])
def test_what_is_not_captured_is_released_before_anything_is_paid_out(status: PaymentStatus) -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=[a_payment("p1", 40_00), authorized("p2", 60_00, status)]))

    first, second = desk.refund(units("l1", 1)), desk.refund(units("l1", 1))

    assert (released(first), paid_out(first)) == ({"p2": 50_00}, {})
    assert (released(second), paid_out(second)) == ({"p2": 10_00}, {"p1": 40_00})
    assert [left for _, left in desk.position.uncaptured_left] == [cny(0)]


def test_several_that_are_not_captured_are_released_in_their_order_after_what_is_owed() -> None:
    desk = Desk(owing(10_00, authorized("p1", 20_00), authorized("p2", 70_00)))

    settlement = desk.refund(units("l1", 1))

    assert no_longer_owed(settlement) == 10_00
    assert released(settlement) == {"p1": 20_00, "p2": 20_00}


# Cents over and under (rule 50)


def test_cents_paid_too_much_come_back_with_the_last_unit() -> None:
    desk = Desk(replace(an_order([a_line(2, 50_00)], payments=[a_payment("p1", 100_03)]), owed=cny(-3)))

    first, second = desk.refund(units("l1", 1)), desk.refund(units("l1", 1))

    assert (first.total, second.total, second.overpaid) == (cny(50_00), cny(50_03), cny(3))
    assert desk.position.overpaid_left == cny(0)


def test_cents_paid_too_little_are_owed_and_the_rest_comes_back() -> None:
    desk = Desk(owing(3, a_payment("p1", 99_97)))

    totals = [desk.refund(units("l1", 1)).total for _ in range(2)]

    assert totals == [cny(49_97), cny(50_00)]


def test_shipping_alone_after_the_last_unit_brings_no_cents_a_second_time() -> None:
    order = an_order([a_line()], shipping=10_00, payments=[a_payment("p1", 110_02)])
    desk = Desk(replace(order, owed=cny(-2)))
    desk.refund(include_shipping=False)

    assert desk.refund_shipping().total == cny(10_00)


@pytest.mark.parametrize(
    ("at_most", "paid", "is_refused"),
    [
        (100, 101_00, False),
        (100, 101_01, True),
        (0, 100_01, True),
        ({"EUR": 100}, 100_01, True),
        ({"CNY": 1}, 100_01, False),
    ],
)
def test_more_than_the_policy_allows_is_no_balance(at_most: int | dict[str, int], paid: int, is_refused: bool) -> None:
    order = an_order([a_line()], payments=[a_payment("p1", paid)])
    order = replace(order, owed=cny(100_00 - paid))
    policy = Policy(overpaid_at_most=at_most)

    if is_refused:
        with pytest.raises(RefundRejected, match="too much") as refused:
            refuse_paid_too_much(order, policy)
        assert refused.value.code is Refusal.ORDER_DOES_NOT_BALANCE
        assert f"the payments less interest to {paid}: {paid - 100_00} too much" in str(refused.value)
    else:
        refuse_paid_too_much(order, policy)


@pytest.mark.parametrize("owed", [-1, 1])
def test_an_order_that_is_said_to_owe_something_else_does_not_balance(owed: int) -> None:
    order = replace(an_order(), owed=cny(owed))

    with pytest.raises(RefundRejected, match="come to 10000, the payments less interest"):
        book(order)


# Interest (rule 50)


def test_interest_stays_after_a_change_of_mind() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=[with_interest("p1", 100_00, 6_01)]))

    settlement = desk.refund()

    assert (settlement.total, settlement.interest) == (cny(100_00), ())


def test_interest_comes_back_with_what_the_merchant_is_at_fault_for_and_parts_come_to_all_of_it() -> None:
    desk = Desk(an_order([a_line(3, 10_00)], payments=[with_interest("p1", 30_00, 1_00)]))

    parts = [desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE) for _ in range(3)]

    assert [each.total for each in parts] == [cny(10_33), cny(10_33), cny(10_34)]
    assert paid_out(*parts) == {"p1": 31_00}


def test_only_the_faulty_share_brings_its_interest() -> None:
    order = an_order([a_line(1, 75_00), a_line(1, 25_00)], payments=[with_interest("p1", 100_00, 8_00)])

    settlement = Desk(order).refund(line_reasons={"l2": Reason.QUALITY_ISSUE})

    assert settlement.interest == (PaymentPart("p1", cny(2_00)),)
    assert settlement.total == cny(102_00)


def test_money_off_without_goods_brings_no_interest() -> None:
    desk = Desk(an_order([a_line()], payments=[with_interest("p1", 100_00, 8_00)]))

    assert desk.refund(money_only("l1", 10_00), reason=Reason.QUALITY_ISSUE).total == cny(10_00)


def test_the_interest_of_what_is_not_captured_was_never_paid() -> None:
    payment = replace(with_interest("p1", 100_00, 8_00), status=PaymentStatus.AUTHORIZED)

    settlement = Desk(an_order([a_line()], payments=[payment])).refund(reason=Reason.QUALITY_ISSUE)

    assert (settlement.interest, settlement.total, released(settlement)) == ((), cny(0), {"p1": 100_00})


# Many payments (rules 6, 11 and 50)


@pytest.mark.parametrize("tender_order", TenderOrder)
def test_twenty_nine_payments_in_one_order_each_get_back_what_they_paid(tender_order: TenderOrder) -> None:
    amounts = {f"p{place}": 1_00 + place for place in range(29)}
    payments = [a_payment(name, amount) for name, amount in amounts.items()]
    order = an_order([a_line(7, sum(amounts.values()) // 7), a_line(1, sum(amounts.values()) % 7)], payments=payments)
    desk = Desk(order, Policy(tender_order=tender_order))

    parts = [desk.refund(units("l1", 1)) for _ in range(7)]
    parts.append(desk.refund(units("l2", 1)))

    assert paid_out(*parts) == amounts


@given(desks(), histories())
def test_in_the_end_nothing_is_owed_that_came_back_and_no_payment_gives_more_than_it_captured(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)

    position, settled = desk.position, list(desk.settled.values())
    came_to = Money.total((each.comes_to for each in settled), desk.order.currency)
    open_first = position.order.paid_and_owed + position.order.overpaid - _captured_for_the_order(desk)
    open_left = position.owed_left + Money.total((left for _, left in position.uncaptured_left), desk.order.currency)
    lessened = came_to - Money.total((each.total for each in settled), desk.order.currency)
    paid_all_the_same = [position.paid_after_all, *(each.paid_after_all_back for each in settled)]
    assert open_first - open_left == lessened - Money.total(paid_all_the_same, desk.order.currency)
    for payment in desk.order.payments:
        got = paid_out(*settled).get(payment.payment_id, 0)
        assert got <= (payment.worth.minor_units if payment.is_captured else 0)


def _captured_for_the_order(desk: Desk) -> Money:
    captured = (each.paid_for_the_order for each in desk.order.payments if each.is_captured)
    return Money.total(captured, desk.order.currency)
