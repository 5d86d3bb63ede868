"""Orders change in their goods after refunds of them were asked for (rule 57)."""

from dataclasses import replace

import pytest

from domain.claims.claims import ClaimState
from domain.claims.edits import renamed
from domain.claims.reasons import Reason
from domain.policy import Policy, PromotionRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import Measure
from domain.sale.orders import LineKind, Order, OrderLine, Shipping
from domain.sale.shipments import Shipment, ShippedLine
from domain.sale.snapshots import SnapshotStep
from domain.sale.units import Units
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_gift,
    a_line,
    a_payment,
    an_extra,
    an_order,
    at_a_total,
    cny,
    money_only,
    on,
    units,
)
from tests.domain.edited_orders import refuse, sold_as, total_of
from tests.domain.refund_desk import Desk


def weighed(total: int, *, thousandths: int, unit: str = "kg") -> OrderLine:
    return replace(at_a_total(total, quantity=thousandths), measure=Measure(unit))


def test_a_line_that_is_added_comes_back_beside_what_was_returned_before() -> None:
    desk = Desk(an_order([a_line(2, 60_00), a_line(1, 40_00)], [a_coupon(16_00)]))
    first = desk.refund(units("l1", 1))

    step = desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 25_00)]))
    rest = desk.refund()

    assert step is SnapshotStep.RESOLD and first.total == cny(54_00)
    assert first.total + rest.total == desk.order.captured == cny(169_00)
    assert rest.completes_order


def test_what_was_returned_keeps_its_share_of_a_discount_and_the_others_share_the_rest() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [a_coupon(10_00)]))
    desk.refund(units("l1", 1))

    desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 60_00)]))

    shares = {line.line_id: line.discount_shares[0].amount for line in desk.sale.lines}
    assert shares == {"l1": cny(6_00), "l2": cny(1_60), "l3": cny(2_40)}


def test_units_that_nobody_claimed_can_be_taken_out_of_a_line() -> None:
    desk = Desk(an_order([at_a_total(290_00, quantity=3), a_line(1, 10_00)]))
    first = desk.refund(units("l1", 1))

    desk.put(sold_as(desk, [at_a_total(193_33, quantity=2), a_line(1, 10_00)]))
    second = desk.refund(units("l1", 1))

    assert (first.total, second.total) == (cny(96_67), cny(96_66))
    assert desk.position.line("l1").left == cny(0)


def test_a_unit_keeps_its_number_although_the_line_has_fewer_now() -> None:
    desk = Desk(an_order([a_line(3, 10_00), a_line(1, 5_00)]))
    released, kept = desk.request(units("l1", 2)), desk.request(units("l1", 1))
    desk.release(released)

    desk.put(sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)]))

    assert desk.claims_of(kept)[0].units == Units(((2, 3),))
    assert desk.sale.line("l1").all_units == Units(((0, 1), (2, 3)))
    assert desk.settle(kept).total == cny(10_00) and desk.position.line("l1").free_units == Units(((0, 1),))


def test_what_was_claimed_and_given_up_is_sold_like_the_others_by_the_next_change() -> None:
    desk = Desk(an_order([a_line(2, 50_00), a_line(1, 100_00)], [a_discount(20_00)]))
    refund = desk.request(units("l1", 1))
    desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 200_00)]))
    desk.release(refund)
    refund = desk.request(units("l2", 1))

    desk.put(sold_as(desk, [*desk.order.lines[:2], a_line(1, 100_00)]))

    assert desk.sale.line("l2").kept and not desk.sale.line("l1").kept


def test_a_line_can_be_exchanged_for_another() -> None:
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 50_00)]))
    first = desk.refund(units("l1", 1))
    paid = [a_payment("card", 80_00), a_payment("more", 15_00)]

    desk.put(sold_as(desk, [desk.order.lines[0], a_line(1, 65_00, line_id="l3")], payments=paid))
    rest = desk.refund()

    assert (first.total, rest.total) == (cny(30_00), cny(65_00))
    assert {tender.payment.payment_id: tender.amount for tender in rest.payouts} == {
        "card": cny(50_00),
        "more": cny(15_00),
    }


def test_a_discount_that_comes_later_is_for_what_is_still_there() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [a_coupon(10_00)]))
    desk.refund(units("l1", 1))

    desk.put(sold_as(desk, discounts=[a_discount(4_00), *desk.order.discounts]))

    assert [(share.discount, share.amount) for share in desk.sale.line("l1").discount_shares if share.amount] == [
        (1, cny(6_00))
    ]
    assert desk.refund().total == cny(32_00)


def test_shares_that_are_given_outright_hold_what_was_returned() -> None:
    discount = a_discount(10_00, shares={"l1": 8_00, "l2": 2_00})
    desk = Desk(an_order([a_line(2, 60_00), a_line(1, 40_00)], [discount]))
    desk.refund(units("l1", 1))

    fewer, other = (a_discount(10_00, shares={"l1": share, "l2": 10_00 - share}) for share in (3_00, 7_00))
    gone = a_discount(10_00, shares={"l2": 10_00})

    refuse(desk, sold_as(desk, discounts=[fewer]), "a discount took 400 off")
    refuse(desk, sold_as(desk, discounts=[gone]), "a discount took 400 off")
    desk.put(sold_as(desk, discounts=[other]))
    assert desk.refund(units("l1", 1)).total == cny(57_00)


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ([a_line(1, 40_00, line_id="l2")], "line 'l1' would be gone"),
        ([a_line(1, 60_00), a_line(1, 40_00)], "1 units less of it would be sold"),
        ([a_line(2, 50_00), a_line(1, 40_00)], "a unit of line 'l1' would cost something else"),
        ([a_line(2, 70_00), a_line(1, 40_00)], "a unit of line 'l1' would cost something else"),
        ([a_line(2, 60_01), a_line(1, 40_00)], "a unit of line 'l1' would cost something else"),
        ([a_line(2, 60_00, tax=1), a_line(1, 40_00)], "another tax inside"),
        ([at_a_total(120_01, quantity=2), a_line(1, 40_00)], "units of it would cost something else"),
        ([replace(a_line(2, 60_00), kind=LineKind.SERVICE), a_line(1, 40_00)], "would be something else"),
        ([a_line(2, 60_00, gift=True), a_line(1, 40_00)], "would be something else"),
    ],
)
def test_what_a_refund_has_claimed_can_not_be_sold_differently(lines: list[OrderLine], because: str) -> None:
    desk = Desk(an_order([a_line(2, 60_00), a_line(1, 40_00)]))
    other, refund = desk.request(money_only("l2", 1_00)), desk.request(units("l1", 2))

    refused = refuse(desk, sold_as(desk, lines), because)

    assert refused.refund_id == refund != other and refund in str(refused)


def test_a_discount_that_lowered_what_was_returned_can_not_be_taken_away() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [a_coupon(10_00)]))
    desk.refund(units("l1", 1))

    refuse(desk, sold_as(desk, discounts=[]), "a discount that took money off line 'l1' would be gone")
    refuse(desk, sold_as(desk, discounts=[a_coupon(5_00)]), "a discount took 100 more off it than it comes to now")
    with pytest.raises(RefundRejected) as refused:
        desk.put(sold_as(desk, discounts=[a_coupon(50_00)]))
    assert refused.value.code is Refusal.DISCOUNT_EXCEEDS_LINES


def test_a_line_is_never_worth_less_than_was_given_back_of_it() -> None:
    desk = Desk(an_order([a_line(1, 60_00, tax=8_00), a_line(1, 40_00)]))
    desk.refund(money_only("l1", 30_00))

    refuse(desk, sold_as(desk, [a_line(1, 29_99, tax=8_00), a_line(1, 40_00)]), "less than was given back of it")
    refuse(desk, sold_as(desk, [a_line(1, 60_00, tax=3_99), a_line(1, 40_00)]), "less than was given back of it")
    refuse(desk, sold_as(desk, [an_extra(LineKind.FEE, 60_00, line_id="l1"), a_line(1, 40_00)]), "'l1' would be gone")
    desk.put(sold_as(desk, [a_line(1, 30_00, tax=8_00), a_line(1, 40_00)]))
    assert total_of(desk) + desk.refund().total == cny(70_00)


def test_a_gift_that_stays_the_customers_is_the_gift_it_was() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_gift(20_00), a_line(1, 5_00)]))
    desk.refund(units("l1", 1), units("l3", 1))

    refuse(desk, sold_as(desk, [a_line(1, 60_00), a_gift(10_00), a_line(2, 5_00)]), "would be worth something else")
    refuse(desk, sold_as(desk, [a_line(1, 60_00), a_line(2, 5_00, line_id="l3")]), "line 'l2' would be gone")


@pytest.mark.parametrize("gift", [a_gift(20_00), replace(a_gift(0, unit_price=20_00), gift_value=None)])
def test_a_gift_that_may_be_on_its_way_back_is_the_same_gift_beside_what_is_added(gift: OrderLine) -> None:
    desk = Desk(an_order([a_line(1, 60_00), gift, a_line(1, 5_00)]))
    desk.request(units("l1", 1), units("l2", 1))

    assert desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 9_99, line_id="l4")])) is SnapshotStep.RESOLD


def test_a_gift_without_a_value_of_its_own_is_worth_its_price() -> None:
    gift = replace(a_gift(0, unit_price=20_00), gift_value=None)
    desk = Desk(an_order([a_line(1, 60_00), gift]))
    desk.request(units("l2", 1))

    refuse(desk, sold_as(desk, [a_line(1, 60_00), replace(gift, unit_price=cny(19_99))]), "be worth something else")


def test_a_price_that_does_not_divide_is_the_same_for_more_units() -> None:
    desk = Desk(an_order([at_a_total(10_00, quantity=3), a_line(1, 40_00)]))
    desk.request(units("l1", 1))

    refuse(desk, sold_as(desk, [at_a_total(13_38, quantity=4), a_line(1, 40_00)]), "would cost something else")
    assert desk.put(sold_as(desk, [at_a_total(13_36, quantity=4), a_line(1, 40_00)])) is SnapshotStep.RESOLD


def test_a_price_by_weight_may_be_rounded_otherwise() -> None:
    desk = Desk(an_order([weighed(1_00, thousandths=400), a_line(1, 40_00)]))
    desk.request(units("l1", 150))

    assert desk.put(sold_as(desk, [weighed(1_01, thousandths=400), a_line(1, 40_00)])) is SnapshotStep.RESOLD
    parts = desk.sale.line("l1").parts
    assert [each.measure for each in parts] == [Measure("kg")] * 2


def test_a_pinch_that_is_claimed_is_not_sold_at_three_times_its_price() -> None:
    desk = Desk(an_order([weighed(1, thousandths=3), a_line(1, 40_00)]))
    desk.request(units("l1", 1))

    refuse(desk, sold_as(desk, [weighed(2, thousandths=2), a_line(1, 40_00)]), "would cost something else")


def test_a_change_does_not_return_what_is_left() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [a_coupon(6_00, on_lines=["l1"])]))
    desk.refund(units("l1", 1))

    refuse(desk, sold_as(desk, [desk.order.lines[0]]), ": nothing would be left .* the last of it[.] Refund")


def test_what_a_repriced_refund_kept_back_is_left_for_something() -> None:
    campaign = a_discount(10_00, minimum_spend=50_00)
    lines = [a_line(1, 20_00), a_line(1, 40_00), a_line(1, 1, line_id="l3")]
    desk = Desk(an_order(lines, [campaign]), Policy(promotion_refund=PromotionRefund.REPRICE))
    assert desk.refund(units("l1", 1)).total == cny(10_00)

    left = [lines[0], replace(lines[2], line_id="l3")]

    refuse(
        desk,
        sold_as(desk, left, [a_discount(3_33, minimum_spend=50_00)]),
        ": what .* left for nothing that .*returned[.] Ref",
    )


def test_what_was_kept_back_is_left_for_goods_to_the_cent_whatever_was_given_back_of_these() -> None:
    campaign = a_discount(10_00, minimum_spend=50_00)
    lines = [a_line(1, 20_00), a_line(1, 40_00), a_line(1, 1, line_id="l3")]
    desk = Desk(an_order(lines, [campaign]), Policy(promotion_refund=PromotionRefund.REPRICE))
    desk.refund(units("l1", 1))
    desk.refund(money_only("l2", 5_00))

    def left(discount: int) -> Order:
        shares = {"l1": 3_33, "l2": discount - 3_33}
        return sold_as(desk, lines[:2], [a_discount(discount, minimum_spend=50_00, shares=shares)])

    refuse(desk, left(9_99), "would be left for nothing")
    assert desk.put(left(10_00)) is SnapshotStep.RESOLD


def test_all_goods_together_are_never_less_than_came_back_of_them() -> None:
    campaign = a_discount(50_00, minimum_spend=50_00)
    policy = Policy(promotion_refund=PromotionRefund.REPRICE)
    desk = Desk(an_order([a_line(1, 10_00), a_line(1, 90_00)], [campaign]), policy)
    desk.refund(units("l1", 1))

    assert total_of(desk) == cny(10_00)
    cheaper = sold_as(desk, [a_line(1, 10_00), a_line(1, 45_00)], shipping=Shipping(cny(20_00), cny(0)))
    refuse(desk, cheaper, ": all goods would come to less than was given back of them[.] Refund")


def test_a_change_of_names_moves_no_figure_and_no_unit() -> None:
    desk = Desk(an_order([a_line(2, 60_00), a_line(1, 40_00), an_extra(LineKind.FEE, 3_00)], [a_coupon(10_00)]))
    desk.refund(units("l1", 1))
    desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 25_00)]))
    before = desk.sale
    lines = tuple(replace(line, name="Teapot") for line in desk.order.lines)

    step = desk.put(replace(desk.order, lines=lines, updated_at=on(25)))

    assert step is SnapshotStep.RENAMED and {line.name for line in desk.sale.lines} == {"Teapot"}
    assert [line.kept for line in desk.sale.lines] == [line.kept for line in before.lines]
    assert desk.refund(reason=Reason.QUALITY_ISSUE).completes_order and total_of(desk) == desk.order.captured


def test_an_order_whose_refunds_were_all_refused_is_sold_like_any_other() -> None:
    desk = Desk(an_order([a_line(2, 60_00)]))
    desk.release(desk.request())

    desk.put(sold_as(desk, [a_line(1, 10_00, line_id="l7")]))

    assert desk.refunds_in(*ClaimState) == [] and desk.refund().total == cny(10_00)


def test_what_was_weighed_comes_back_as_it_was_sold_and_the_rest_in_proportion() -> None:
    desk = Desk(an_order([weighed(7_97, thousandths=400), a_line(1, 40_00)], [a_discount(1_01)]))
    one, other = desk.refund(units("l1", 150)), desk.request(units("l1", 50))
    claimed = desk.claims_of(other)[0].amount

    desk.put(sold_as(desk, [weighed(5_98, thousandths=300), a_line(1, 40_00), a_line(1, 9_99)]))

    assert desk.settle(other).total == claimed and one.total == desk.sale.line("l1").price_of(Units(((0, 150),)))
    desk.pay(other)
    assert desk.refund().completes_order and total_of(desk) == desk.order.captured


@pytest.mark.parametrize(
    ("line", "because"),
    [
        (weighed(7_97, thousandths=400, unit="lb"), "would be measured otherwise"),
        (at_a_total(7_97, quantity=400), "would be measured otherwise"),
        (weighed(8_99, thousandths=400), "a unit of line 'l1' would cost something else"),
    ],
)
def test_what_was_weighed_and_claimed_stays_so_at_its_price(line: OrderLine, because: str) -> None:
    desk = Desk(an_order([weighed(7_97, thousandths=400), a_line(1, 40_00)]))
    desk.request(units("l1", 150))

    refuse(desk, sold_as(desk, [line, a_line(1, 40_00)]), because)


def test_what_was_claimed_as_a_part_of_no_bundle_stays_so() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    desk.request(units("l1", 1))
    in_a_bundle = [replace(desk.order.lines[0], bundle_id="b"), desk.order.lines[1]]

    refuse(desk, sold_as(desk, in_a_bundle), "would be sold in another bundle")


def test_parcels_keep_the_units_that_were_claimed_of_them() -> None:
    desk = Desk(an_order([a_line(3, 10_00), a_line(1, 5_00)]))
    released = desk.request(units("l1", 2))
    kept = desk.request(units("l1", 1))
    desk.release(released)
    shipment = Shipment("s1", (ShippedLine("l1", 2),))

    refused = refuse(desk, sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)], shipments=(shipment,)), "in its parcels")

    assert refused.refund_id == kept


def test_a_parcel_may_have_fewer_units_as_long_as_those_that_were_claimed_are_among_them() -> None:
    desk = Desk(an_order([a_line(3, 10_00), a_line(1, 5_00)]))
    desk.request(units("l1", 2))
    shipment = Shipment("s1", (ShippedLine("l1", 2),))

    fewer = sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)], shipments=(shipment,))
    assert desk.put(fewer) is SnapshotStep.RESOLD


def test_goods_and_extras_are_called_as_the_order_calls_them_now() -> None:
    desk = Desk(an_order([weighed(7_97, thousandths=400), an_extra(LineKind.FEE, 3_00)]))
    written = Measure("kg", is_text=False)
    called = [replace(line, sku=f"new-{line.line_id}", name=f"New {line.line_id}") for line in desk.order.lines]

    sale = renamed(desk.sale, replace(desk.order, lines=(replace(called[0], measure=written), called[1])))

    assert [(each.sku, each.name, each.measure) for each in (*sale.lines, *sale.extras)] == [
        ("new-l1", "New l1", written),
        ("new-fee", "New fee", None),
    ]
