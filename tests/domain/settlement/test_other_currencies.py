"""Payments in another currency than their order's go back in it, at the rate of the sale (rule 53)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.reasons import Reason
from domain.money.amounts import Money
from domain.policy import Policy, TenderOrder
from domain.sale.orders import Order
from domain.sale.payments import Payment, PaymentStatus
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, a_payment, an_order, cny, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

# Another currency (rule 53)


def usd(cents: int) -> Money:
    return Money("USD", cents)


def in_dollars(payment_id: str, cents: int, worth: int) -> Payment:
    return replace(a_payment(payment_id, cents, currency="USD"), order_amount=cny(worth))


def three_for(worth: int, *payments: Payment) -> Order:
    return an_order([a_line(3, worth // 3)], payments=payments)


def in_own(*settlements: Settlement) -> dict[str, int]:
    """What each payment got in its own currency, in minor units."""
    got: dict[str, int] = {}
    for tender in (tender for each in settlements for tender in each.payouts):
        name = tender.payment.payment_id
        got[name] = got.get(name, 0) + tender.in_own_currency.minor_units
    return got


def test_parts_come_to_exactly_what_was_captured() -> None:
    desk = Desk(three_for(12_96, in_dollars("p1", 1_82, 12_96)))

    parts = [desk.refund(units("l1", 1)) for _ in range(3)]

    assert [each.total for each in parts] == [cny(4_32)] * 3
    assert [each.payouts[0].converted for each in parts] == [usd(60), usd(61), usd(61)]


def test_a_refund_that_is_released_in_between_leaves_its_cents_to_the_last_one() -> None:
    desk = Desk(three_for(12_96, in_dollars("p1", 1_82, 12_96)))
    first, second = desk.request(units("l1", 1)), desk.request(units("l1", 1))
    desk.settle(first)
    desk.settle(second)
    desk.release(first)

    desk.refund(units("l1", 1))
    desk.refund(units("l1", 1))

    assert in_own(*desk.settled.values()) == {"p1": 1_82}


def test_less_than_a_minor_unit_of_the_payments_currency_waits_for_the_next_part() -> None:
    desk = Desk(an_order([a_line(4, 2)], payments=[in_dollars("p1", 1, 8)]))

    parts = [desk.refund(units("l1", 1)) for _ in range(4)]

    assert [each.total for each in parts] == [cny(2)] * 4
    assert [each.payouts[0].converted for each in parts] == [usd(0), usd(0), usd(0), usd(1)]


@pytest.mark.parametrize("tender_order", TenderOrder)
def test_two_currencies_beside_the_orders_own_each_come_back_whole(tender_order: TenderOrder) -> None:
    yen = replace(a_payment("yen", 1_003, currency="JPY"), order_amount=cny(47_44))
    order = three_for(99_99, in_dollars("usd", 5_01, 35_70), yen, a_payment("cny", 16_85))
    desk = Desk(order, Policy(tender_order=tender_order))

    parts = [desk.refund(units("l1", 1)) for _ in range(3)]

    assert in_own(*parts) == {"usd": 5_01, "yen": 1_003, "cny": 16_85}


def test_interest_is_in_the_payments_currency_and_comes_back_in_it() -> None:
    payment = replace(in_dollars("p1", 2_00, 14_00), interest=usd(20))
    order = an_order([a_line(2, 6_30)], payments=[payment])

    kept, given = Desk(order).refund(), Desk(order).refund(reason=Reason.QUALITY_ISSUE)

    assert (kept.total, in_own(kept)) == (cny(12_60), {"p1": 1_80})
    assert (given.total, in_own(given)) == (cny(14_00), {"p1": 2_00})


def test_what_is_not_captured_is_released_in_the_orders_currency() -> None:
    payment = replace(in_dollars("p1", 2_00, 14_00), status=PaymentStatus.AUTHORIZED)

    settlement = Desk(an_order([a_line(2, 7_00)], payments=[payment])).refund(units("l1", 1))

    assert (settlement.payouts, settlement.lessened and settlement.lessened.total) == ((), cny(7_00))


@given(desks(), histories())
def test_no_payment_gives_back_more_of_its_currency_than_was_captured_and_all_of_it_for_all_of_its_worth(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)

    got = in_own(*desk.settled.values())
    for payment in desk.order.payments:
        own, before = got.get(payment.payment_id, 0), desk.position.paid_before(payment)
        assert 0 <= own <= (payment.amount.minor_units if payment.is_captured else 0)
        if payment.is_captured and before.worth == payment.worth:
            assert own == payment.amount.minor_units
