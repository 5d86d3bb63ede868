"""What is said to have moved elsewhere, in the payment's currency and with interest (rules 50 to 53)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.money.amounts import Money
from domain.payout.owed import PaymentPart
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import LineKind, Order, OrderLine
from domain.sale.payments import Payment, PaymentStatus
from domain.settlement.external import ExternalRefund
from domain.settlement.fees import FeeKind
from domain.settlement.moved_elsewhere import counted, lost
from domain.settlement.settlement import Settlement
from proof.arithmetic import work_out
from tests.domain.builders import a_line, a_payment, an_extra, an_order, cny, units
from tests.domain.checks import check_it_adds_up
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.strategies import desks, histories


def usd(cents: int) -> Money:
    return Money("USD", cents)


def in_dollars(cents: int, worth: int, interest: int = 0) -> Payment:
    payment = a_payment("p1", cents, currency="USD")
    return replace(payment, order_amount=cny(worth), interest=usd(interest) if interest else None)


def by_instalments(amount: int, interest: int, payment_id: str = "p1") -> Payment:
    return replace(a_payment(payment_id, amount), interest=cny(interest))


def three(*payments: Payment) -> Desk:
    """Three units at 4.32."""
    return Desk(an_order([a_line(3, 4_32)], payments=payments))


def moved(
    amount: Money, *lines: LineRequest, interest: Money | None = None, payment: str | None = "p1"
) -> ExternalRefund:
    return ExternalRefund("re_1", amount, lines or None, payment, NOW, said_interest=interest)


def own(settlement: Settlement) -> list[Money]:
    return [each.in_own_currency for each in settlement.payouts]


def refused(desk: Desk, external: ExternalRefund) -> str:
    with pytest.raises(RefundRejected) as refusal:
        desk.note_external(external)
    assert refusal.value.code is Refusal.AMOUNT_NOT_AVAILABLE
    return str(refusal.value)


@pytest.mark.parametrize("cents", [60, 61])
def test_dollars_that_went_back_for_a_unit_are_what_it_cost_rounded_up_or_down(cents: int) -> None:
    """At 7.1209 a unit for 4.32 is 0.6067 dollars."""
    desk = three(in_dollars(1_82, 12_96))

    settlement = desk.note_external(moved(usd(cents), units("l1", 1)))
    rest = desk.refund()

    assert (settlement.total, own(settlement)) == (cny(4_32), [usd(cents)])
    assert own(rest) == [usd(1_82 - cents)]


def test_all_the_dollars_are_all_of_the_order() -> None:
    desk = three(in_dollars(1_82, 12_96))

    settlement = desk.note_external(moved(usd(1_82)))

    assert (settlement.total, own(settlement), settlement.completes_order) == (cny(12_96), [usd(1_82)], True)


def test_a_part_of_the_dollars_is_the_nearest_of_the_order_and_the_rest_comes_back_whole() -> None:
    desk = three(in_dollars(1_82, 12_96))

    first = desk.note_external(moved(usd(50)))
    second = desk.note_external(moved(usd(1_31)))
    last = desk.refund()

    assert [each.total for each in (first, second, last)] == [cny(3_56), cny(9_33), cny(7)]
    assert [own(each) for each in (first, second, last)] == [[usd(50)], [usd(1_31)], [usd(1)]]


def test_extras_and_shipping_that_went_back_with_units_are_counted_at_the_rate_too() -> None:
    lines = [a_line(1, 10_00), an_extra(LineKind.GIFT_WRAP, 1_01)]
    order = an_order(lines, shipping=1_03, payments=[in_dollars(1_70, 12_04)])
    with_wrap, with_shipping = Desk(order), Desk(order)

    wrap = with_wrap.note_external(moved(usd(1_56), units("l1", 1), LineRequest("gift_wrap", 1, None)))
    shipping = with_shipping.note_external(moved(usd(1_70), units("l1", 1), LineRequest("gift_wrap", 1, None)))

    assert (wrap.goods, wrap.extras_paid, wrap.shipping) == (cny(10_00), cny(1_01), cny(0))
    assert (shipping.total, shipping.shipping) == (cny(12_04), cny(1_03))


def test_dollars_said_in_the_orders_currency_are_converted_as_one_of_ours() -> None:
    settlement = three(in_dollars(1_82, 12_96)).note_external(moved(cny(4_32), units("l1", 1)))

    assert own(settlement) == [usd(60)]


def test_more_dollars_than_are_left_are_refused_in_dollars() -> None:
    desk = three(in_dollars(1_82, 12_96))
    desk.refund(units("l1", 1))

    assert "123 (USD minor units)" in refused(desk, moved(usd(1_23)))
    assert "122 is left on payment 'p1'" in refused(desk, moved(usd(1_23)))


def test_less_than_a_minor_unit_of_the_order_waits_for_what_goes_back_next() -> None:
    order = an_order([a_line(1, 2, currency="JPY")], currency="JPY")
    payment = replace(a_payment("p1", 5, currency="USD"), order_amount=Money("JPY", 2))
    desk = Desk(replace(order, payments=(payment,)))

    assert "less than a minor unit of the order's JPY" in refused(desk, moved(usd(1)))
    assert desk.note_external(moved(usd(4))).total == Money("JPY", 1)
    assert own(desk.refund()) == [usd(1)]


# Interest


def with_interest() -> Desk:
    return Desk(an_order([a_line(2, 50_00)], payments=[by_instalments(106_00, 6_00)]))


def test_what_goes_beyond_the_price_that_is_left_of_a_payment_is_interest_of_it() -> None:
    desk = with_interest()

    settlement = desk.note_external(moved(cny(106_00)))

    assert (settlement.total, settlement.goods) == (cny(106_00), cny(100_00))
    assert settlement.interest == (PaymentPart("p1", cny(6_00)),)
    assert settlement.completes_order and desk.position.payments_left[0][1] == cny(0)


def test_so_much_is_interest_as_is_said() -> None:
    desk = with_interest()

    settlement = desk.note_external(moved(cny(53_00), units("l1", 1), interest=cny(3_00)))
    rest = desk.refund(reason=Reason.QUALITY_ISSUE)

    assert (settlement.goods, settlement.interest_paid, settlement.shipping) == (cny(50_00), cny(3_00), cny(0))
    assert (rest.total, rest.interest_paid) == (cny(53_00), cny(3_00))
    assert desk.position.interest_left(desk.order.payments[0]) == cny(0)


def test_interest_that_went_back_elsewhere_is_not_given_once_more() -> None:
    desk = with_interest()
    desk.note_external(moved(cny(10_00), interest=cny(5_00)))

    rest = desk.refund(reason=Reason.QUALITY_ISSUE)

    assert (rest.total, rest.interest_paid) == (cny(96_00), cny(1_00))


def test_units_that_went_back_elsewhere_without_interest_give_none_later() -> None:
    desk = with_interest()
    desk.note_external(moved(cny(50_00), units("l1", 1)))

    assert desk.refund(reason=Reason.QUALITY_ISSUE).interest_paid == cny(3_00)


def test_of_several_payments_the_first_that_has_interest_left_gives_it() -> None:
    payments = [by_instalments(33_00, 3_00), by_instalments(72_00, 2_00, "p2")]
    desk = Desk(an_order([a_line(2, 50_00)], payments=payments))

    settlement = desk.note_external(moved(cny(104_00), interest=cny(4_00), payment=None))

    assert settlement.interest == (PaymentPart("p1", cny(3_00)), PaymentPart("p2", cny(1_00)))
    assert [each.amount for each in settlement.payouts] == [cny(33_00), cny(71_00)]


def test_more_interest_than_is_left_is_refused_and_what_is_no_interest_is_for_the_price() -> None:
    desk = with_interest()

    assert "of interest, of which 600 is left" in refused(desk, moved(cny(50_00), interest=cny(6_01)))
    assert "10000 is left on payment 'p1' beside interest" in refused(desk, moved(cny(106_00), interest=cny(5_99)))
    assert "10000 is left on payment 'p1' beside interest" in refused(desk, moved(cny(106_01)))


def test_what_units_cost_beyond_the_price_in_it_was_kept_back() -> None:
    settlement = with_interest().note_external(moved(cny(43_00), units("l1", 1), interest=cny(3_00)))

    assert [(fee.kind, fee.amount) for fee in settlement.fees] == [(FeeKind.WITHHELD, cny(10_00))]
    for each in settlement.explanations:
        assert work_out(each.formula or "0", {given.name: given.value for given in each.inputs}) == each.result


def test_interest_is_said_in_the_payments_currency_as_well() -> None:
    order = an_order([a_line(2, 6_30)], payments=[in_dollars(2_00, 14_00, interest=20)])
    all_of_it, half = Desk(order), Desk(order)

    whole = all_of_it.note_external(moved(usd(2_00)))
    part = half.note_external(moved(usd(1_00), units("l1", 1), interest=usd(10)))

    assert (whole.total, whole.interest_paid, own(whole)) == (cny(14_00), cny(1_40), [usd(2_00)])
    assert (part.goods, part.interest_paid, own(part)) == (cny(6_30), cny(70), [usd(1_00)])


def test_a_minor_unit_that_the_rate_leaves_beyond_the_price_is_interest() -> None:
    order = an_order([a_line(1, 9_30)], payments=[in_dollars(1_41, 10_01, interest=10)])
    desk = Desk(order)

    settlement = desk.note_external(moved(usd(1_41), interest=usd(10)))

    assert desk.order.payments[0].interest_paid + settlement.goods == cny(10_01) == settlement.total


def on_two_lines(*others: OrderLine, shipping: int = 0, payment: Payment) -> Desk:
    """Units at 6.48 and 6.49: a cent of the payment is about seven fen, so that few sums are the nearest to any."""
    return Desk(an_order([a_line(1, 6_48), a_line(1, 6_49), *others], shipping=shipping, payments=[payment]))


def test_dollars_with_interest_are_what_the_price_and_that_come_to_rather_than_the_nearest() -> None:
    desk = on_two_lines(payment=in_dollars(2_24, 15_96, interest=42))

    settlement = desk.note_external(moved(usd(1_96), interest=cny(98)))

    assert (settlement.total, settlement.interest_paid) == (cny(13_95), cny(98))
    assert own(settlement) == [usd(1_96)]


def test_dollars_for_a_unit_with_interest_are_what_the_two_come_to() -> None:
    desk = on_two_lines(payment=in_dollars(2_24, 15_96, interest=42))

    settlement = desk.note_external(moved(usd(1_04), units("l1", 1), interest=cny(1_00)))

    assert (settlement.total, settlement.goods, settlement.interest_paid) == (cny(7_48), cny(6_48), cny(1_00))


def test_dollars_for_a_unit_and_a_tip_that_is_named_are_what_the_two_come_to() -> None:
    desk = on_two_lines(an_extra(LineKind.TIP, 1_03), payment=in_dollars(1_97, 14_00))

    settlement = desk.note_external(moved(usd(1_05), units("l1", 1), LineRequest("tip", 1, None)))

    assert (settlement.total, settlement.goods, settlement.extras_paid) == (cny(7_51), cny(6_48), cny(1_03))


def test_dollars_for_a_unit_and_its_sending_are_what_the_two_come_to() -> None:
    desk = on_two_lines(shipping=2_00, payment=in_dollars(2_10, 14_97))

    settlement = desk.note_external(moved(usd(1_18), units("l1", 1)))

    assert (settlement.total, settlement.goods, settlement.shipping) == (cny(8_48), cny(6_48), cny(2_00))


# Disputes that were lost


def a_loss(amount: Money) -> ExternalRefund:
    return ExternalRefund("dp_1", amount, None, "p1", NOW, is_loss=True)


def test_the_bank_takes_the_interest_with_all_of_a_payment() -> None:
    desk = with_interest()

    loss = desk.lose_dispute("p1", cny(106_00))

    assert loss is not None and (loss.total, loss.goods, loss.interest_paid) == (cny(106_00), cny(100_00), cny(6_00))
    check_it_adds_up(loss)


def test_the_bank_takes_dollars() -> None:
    desk = three(in_dollars(1_82, 12_96))

    part = desk.lose_dispute("p1", usd(1_00))
    rest = desk.lose_dispute("p1", usd(1_82))

    assert part is not None and rest is not None
    assert (part.total, own(part)) == (cny(7_12), [usd(1_00)])
    assert (rest.total, own(rest)) == (cny(5_84), [usd(82)])
    assert lost(desk.position, a_loss(usd(1_82))) == (None, cny(0))


def test_what_others_have_claimed_of_the_dollars_is_not_counted() -> None:
    desk = three(in_dollars(1_82, 12_96))
    desk.request(units("l1", 2))

    loss, uncounted = lost(desk.position, a_loss(usd(1_82)))

    assert loss is not None and (loss.amount, loss.said, uncounted) == (cny(4_32), None, cny(8_64))


def test_what_refunds_are_to_pay_and_have_not_is_taken_where_more_is_lost_than_is_left() -> None:
    desk = Desk(an_order([a_line(1, 100_00)], payments=[a_payment("p1", 100_00)]))
    desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    assert lost(desk.position, a_loss(cny(100_00)), cny(60_00)) == (None, cny(60_00))
    assert lost(desk.position, a_loss(cny(40_00)), cny(60_00)) == (None, cny(40_00))


def test_in_dollars_it_is_what_they_are_worth_of_the_order() -> None:
    desk = three(in_dollars(1_82, 12_96))
    desk.refund()

    assert lost(desk.position, a_loss(usd(1_82)), cny(12_96)) == (None, cny(12_96))


def test_of_a_payment_that_is_not_captured_nothing_is_lost() -> None:
    payment = replace(by_instalments(106_00, 6_00), status=PaymentStatus.AUTHORIZED)
    order: Order = an_order([a_line(2, 50_00)], payments=[payment])

    assert lost(Desk(order).position, a_loss(cny(106_00))) == (None, cny(0))


def test_the_same_words_are_known_again() -> None:
    desk = three(in_dollars(1_82, 12_96))
    said = moved(usd(60), units("l1", 1), interest=usd(0))

    as_counted = counted(desk.position, said, desk.policy)

    assert (as_counted.amount, as_counted.said, as_counted.as_said) == (cny(4_32), usd(60), said)


@given(desks(), histories())
def test_what_is_said_in_the_payments_currency_is_what_is_booked_and_fits_the_rate(
    desk: Desk, steps: list[Step]
) -> None:
    """By less than a minor unit of the payment's currency, or of the order's where that is coarser."""
    play(desk, steps)

    for refund_id, settlement in desk.settled.items():
        external = desk.terms_of(refund_id).external
        if external is not None and external.own is not None:
            (payout,) = settlement.payouts
            assert payout.in_own_currency == external.own
            assert settlement.total == external.amount == external.price + settlement.interest_paid


def test_what_was_left_of_a_payment_is_not_lost_beyond_it() -> None:
    """Whatever refunds are to pay to it: only what is lost beyond what is left has taken that."""
    yuan = Desk(an_order([a_line(1, 70_00)])).position
    said = ExternalRefund("dp", cny(70_00), None, "card", NOW, is_loss=True)
    paid = replace(a_payment("card", 10_00, currency="USD"), order_amount=cny(70_00))
    dollars = Desk(an_order([a_line(1, 70_00)], payments=(paid,))).position

    assert lost(yuan, said, cny(5_00))[1] == cny(0)
    assert lost(dollars, replace(said, amount=Money("USD", 10_00)), cny(5_00))[1] == cny(0)
