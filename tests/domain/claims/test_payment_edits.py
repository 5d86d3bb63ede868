"""What an order was paid with changes after refunds of it; what went back is never undone (rules 50, 53 and 57)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.claims.edits import sell_differently
from domain.claims.reasons import Reason
from domain.claims.standing import StandsInTheWay
from domain.money.amounts import Money
from domain.sale.bundles import Bundle, PartsComeBack
from domain.sale.orders import Order
from domain.sale.payments import Payment, PaymentStatus
from domain.settlement.owed import due_after_all
from domain.settlement.settlement import Settlement
from proof.arithmetic import work_out
from tests.domain.builders import a_line, a_payment, an_order, cny, on, units
from tests.domain.checks import check_it_adds_up, check_nothing_exceeds_what_was_paid
from tests.domain.edited_orders import sold_as
from tests.domain.refund_desk import Desk


def owing(owed: int, *payments: Payment) -> Desk:
    """Two units at 50.00, of which so much is owed."""
    order = an_order([a_line(2, 50_00)], payments=payments)
    return Desk(replace(order, owed=cny(owed) if owed else None))


def now(desk: Desk, owed: int, payments: Sequence[Payment], **changes: object) -> Order:
    at = (desk.order.updated_at or on(19)) + timedelta(days=1)
    changed = replace(desk.order, updated_at=at, payments=tuple(payments), owed=cny(owed) if owed else None)
    return replace(changed, **changes)  # type: ignore[arg-type]


def refuse(desk: Desk, order: Order, because: str) -> StandsInTheWay:
    with pytest.raises(StandsInTheWay, match=because) as refused:
        desk.put(order)
    return refused.value


def authorized(amount: int, payment_id: str = "p1") -> Payment:
    return replace(a_payment(payment_id, amount), status=PaymentStatus.AUTHORIZED)


def dollars(cents: int, worth: int, payment_id: str = "p1") -> Payment:
    return replace(a_payment(payment_id, cents, currency="USD"), order_amount=cny(worth))


def by_instalments(amount: int, interest: int) -> Payment:
    return replace(a_payment("p1", amount), interest=cny(interest) if interest else None)


def explained(settlement: Settlement) -> None:
    check_it_adds_up(settlement)
    for each in settlement.explanations:
        assert work_out(each.formula or "0", {given.name: given.value for given in each.inputs}) == each.result


def test_what_is_still_owed_is_paid_after_a_refund_and_the_rest_of_the_goods_is_paid_back() -> None:
    desk = owing(100_00)
    first = desk.refund(units("l1", 1))

    desk.put(now(desk, 50_00, [a_payment("p1", 50_00)]))
    last = desk.refund()

    assert first.lessened is not None and first.lessened.owed == cny(50_00)
    assert desk.position.paid_after_all == cny(0)
    assert (last.total, last.lessened) == (cny(50_00), None)


def test_an_invoice_that_is_paid_in_full_after_a_refund_lessened_it_pays_that_back() -> None:
    desk = owing(100_00)
    desk.refund(units("l1", 1))

    desk.put(now(desk, 0, [a_payment("p1", 100_00)]))
    due = desk.position.paid_after_all
    back = desk.pay_back()
    rest = desk.refund()

    assert (due, back.total, back.paid_after_all) == (cny(50_00), cny(50_00), cny(50_00))
    assert (desk.position.paid_after_all, rest.total, rest.paid_after_all) == (cny(0), cny(50_00), None)
    assert desk.position.payments_left[0][1] == cny(0)
    explained(back)
    check_nothing_exceeds_what_was_paid(desk)


def test_what_was_captured_though_it_was_released_comes_back() -> None:
    desk = owing(0, a_payment("p1", 40_00), authorized(60_00, "p2"))
    desk.refund(units("l1", 1))

    desk.put(now(desk, 0, [a_payment("p1", 40_00), a_payment("p2", 60_00)]))

    assert desk.pay_back().total == cny(50_00)


def test_what_is_captured_less_and_owed_no_more_is_nothing_to_pay_back() -> None:
    """The card is captured for what the refund left; what is owed of the order now was lessened before."""
    desk = owing(0, a_payment("p1", 40_00), authorized(60_00, "p2"))
    desk.refund(units("l1", 1))

    desk.put(now(desk, 50_00, [a_payment("p1", 40_00), a_payment("p2", 10_00)]))
    last = desk.refund()

    assert (desk.position.owed_left, desk.position.paid_after_all) == (cny(0), cny(0))
    assert (last.total, last.lessened) == (cny(50_00), None)


def test_another_authorisation_takes_over_what_was_released_of_the_first() -> None:
    desk = owing(0, authorized(60_00), authorized(40_00, "p2"))
    desk.refund(units("l1", 1))

    desk.put(now(desk, 0, [authorized(30_00), authorized(70_00, "p3")]))

    assert [left for _, left in desk.position.uncaptured_left] == [cny(0), cny(50_00)]


def test_what_was_paid_after_all_is_paid_back_once_however_the_order_changes() -> None:
    desk = owing(100_00)
    desk.refund(units("l1", 1))
    desk.put(now(desk, 20_00, [a_payment("p1", 80_00)]))
    first = desk.pay_back()
    desk.put(now(desk, 0, [a_payment("p1", 80_00), a_payment("p2", 20_00)]))
    second = desk.pay_back()

    assert (first.total, second.total, desk.pay_back().total) == (cny(30_00), cny(20_00), cny(0))
    explained(second)
    less = now(desk, 10_00, [a_payment("p1", 80_00), a_payment("p2", 10_00)])
    assert refuse(desk, less, ": less would be paid than came back, .* what was to be paid[.] Refund").refund_id == "r2"


def test_a_payment_waits_until_the_refund_that_lessened_it_is_complete() -> None:
    desk = owing(100_00)
    refund = desk.request(units("l1", 1))
    desk.settle(refund)
    paid = now(desk, 0, [a_payment("p1", 100_00)])

    assert refuse(desk, paid, ": it took off what .* say the payment again when it is[.] Refund").refund_id == refund
    desk.pay(refund)
    desk.put(paid)
    assert desk.position.paid_after_all == cny(50_00)


def test_a_refund_of_shipping_alone_is_complete_when_it_says_so() -> None:
    order = an_order([a_line(2, 50_00)], shipping=10_00, payments=[a_payment("p1", 1_00)])
    desk = Desk(replace(order, owed=cny(109_00)))
    desk.refund_shipping()
    position = desk.position
    under_way = replace(position, refunds=tuple(replace(each, is_confirmed=False) for each in position.refunds))
    paid = now(desk, 0, [a_payment("p1", 110_00)])

    with pytest.raises(StandsInTheWay, match="is not complete"):
        sell_differently(under_way, paid, ())
    desk.put(paid)
    assert desk.pay_back().total == cny(10_00)


def test_cents_too_much_that_are_paid_once_all_is_returned_are_due_by_themselves() -> None:
    desk = owing(0, a_payment("p1", 100_00))
    desk.refund()

    desk.put(now(desk, -3, [a_payment("p1", 100_03)]))

    assert desk.pay_back().total == cny(3)
    refuse(desk, now(desk, -2, [a_payment("p1", 100_02)]), "payment 'p1' would be of 10002, 10003 of it went back")


def test_less_is_never_paid_too_much_than_came_back() -> None:
    desk = owing(-3, a_payment("p1", 100_03))
    desk.refund()

    dearer = replace(desk.order.lines[0], quantity=3)
    order = now(desk, -2, [a_payment("p1", 150_02)], lines=(dearer,))

    refuse(desk, order, ": less would be paid too much than came back of it[.] Refund")


def test_interest_is_never_less_than_came_back_and_may_be_more() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=[by_instalments(106_00, 6_00)]))
    desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    refuse(desk, now(desk, 0, [by_instalments(102_99, 2_99)]), "less interest would be in payment 'p1'")
    desk.put(now(desk, 0, [by_instalments(108_00, 8_00)]))

    assert desk.refund(reason=Reason.QUALITY_ISSUE).interest_paid == cny(5_00)


def test_a_payment_by_instalments_is_less_by_what_did_not_come_back_of_it() -> None:
    lines = [a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")]
    desk = Desk(an_order(lines, payments=[by_instalments(106_00, 6_00)]))
    first = desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    lines[1] = a_line(1, 1_00, line_id="l3")

    desk.put(sold_as(desk, lines, payments=[by_instalments(64_60, 3_60)]))

    assert first.interest_paid == cny(3_60) and desk.refund(reason=Reason.QUALITY_ISSUE).total == cny(1_00)


def test_a_payment_in_another_currency_may_be_another_as_far_as_it_did_not_go_back() -> None:
    desk = Desk(an_order([a_line(3, 4_32)], payments=[dollars(1_82, 12_96)]))
    first = desk.refund(units("l1", 1))

    refuse(desk, now(desk, 0, [a_payment("p1", 12_96)]), "would be gone, or another one")
    refuse(desk, now(desk, 0, [dollars(59, 12_96)]), "payment 'p1' would be of 1296, 432 of it went back")
    refuse(desk, now(desk, 0, [dollars(61, 4_32), a_payment("p2", 8_64)]), "all that it is worth went back")
    desk.put(now(desk, 0, [dollars(1_90, 12_96)]))
    rest = desk.refund()

    assert [each.in_own_currency.minor_units for each in (*first.payouts, *rest.payouts)] == [60, 1_30]


def test_money_that_went_back_at_one_gateway_is_of_no_payment_at_another() -> None:
    paid = replace(a_payment("p1", 100_00), gateway="stripe", gateway_ref="ch_1")
    desk = Desk(an_order([a_line(2, 50_00)], payments=[paid]))
    desk.refund(units("l1", 1))

    elsewhere = now(desk, 0, [replace(paid, gateway="adyen")])
    assert refuse(desk, elsewhere, "payment 'p1' would be gone, or another one").refund_id == "r1"
    desk.put(now(desk, 0, [replace(paid, gateway="")]))
    assert desk.refund().total == cny(50_00)


def test_dollars_and_yuan_join_an_order_that_was_paid_in_yuan() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=[a_payment("p1", 100_00)]))
    desk.refund(units("l1", 1))
    more = (*desk.order.lines, a_line(1, 20_00, line_id="l2"))

    desk.put(now(desk, 5_00, [a_payment("p1", 100_00), dollars(2_10, 15_00, "p2")], lines=more))
    rest = desk.refund()

    assert (rest.total, rest.lessened and rest.lessened.owed) == (cny(65_00), cny(5_00))
    assert {each.payment.payment_id: each.in_own_currency for each in rest.payouts} == {
        "p1": cny(50_00),
        "p2": Money("USD", 2_10),
    }


def test_how_the_parts_of_a_bundle_come_back_may_change_after_one_did() -> None:
    lines = [replace(a_line(1, 30_00, line_id=name), bundle_id="set") for name in ("pot", "lid")]
    desk = Desk(an_order(lines))
    desk.refund(units("pot", 1))

    together = (Bundle("set", PartsComeBack.TOGETHER),)
    desk.put(now(desk, 0, desk.order.payments, bundles=together))

    assert desk.order.bundles == together and desk.refund().total == cny(30_00)


def test_what_is_paid_after_all_and_cents_too_much_are_due_together() -> None:
    desk = Desk(replace(an_order([a_line(1, 100_00)], payments=()), owed=cny(100_00), paid_at=None))
    desk.refund()
    desk.put(now(desk, -3, [a_payment("cash", 100_03)], paid_at=on(20)))

    assert due_after_all(desk.position) == cny(100_03)
