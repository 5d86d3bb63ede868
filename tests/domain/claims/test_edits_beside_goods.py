"""Orders change in what is beside their goods, after refunds of them were asked for (rule 57).

That is what they were paid with, shipping, fees, and what they used, earned and granted.
"""

from dataclasses import replace

import pytest

from domain.claims.edits import refuse_less_than_asked
from domain.claims.reasons import Reason
from domain.claims.standing import StandsInTheWay
from domain.sale.orders import Discount, DiscountSource, DiscountTarget, LineKind, OrderReward, RewardKind, Shipping
from domain.sale.shipments import Shipment
from domain.sale.snapshots import SnapshotStep
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_line,
    a_parcel,
    a_payment,
    an_exclusive_discount,
    an_extra,
    an_order,
    cny,
    points_worth,
    units,
)
from tests.domain.edited_orders import refuse, sold_as, total_of
from tests.domain.refund_desk import Desk


def test_points_that_paid_for_what_was_returned_stay_with_it() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [points_worth(10_00, points=1_000)]))
    first = desk.refund(units("l1", 1))

    desk.put(sold_as(desk, discounts=[points_worth(8_00, points=800)]))
    rest = desk.refund()

    assert (first.points.restored, rest.points.restored) == (600, 200)


def test_points_can_pay_for_nothing_that_is_all_in_refunds() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    desk.request()

    refuse(desk, sold_as(desk, discounts=[points_worth(0, points=5)]), "points would pay for units that are all in")


def test_fewer_points_than_came_back_can_not_have_been_spent() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [points_worth(10_00, points=1_000)]))
    refund = desk.request(units("l1", 1))

    refused = refuse(desk, sold_as(desk, discounts=[points_worth(10_00, points=500)]), "paid with more points")

    assert refused.refund_id == refund


def test_a_payment_never_goes_below_what_went_back_to_it() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    refund = desk.request(units("l1", 1))
    desk.settle(refund)
    lines = [desk.order.lines[0], a_line(1, 10_00)]

    less = sold_as(desk, lines, payments=[a_payment("card", 59_99), a_payment("other", 10_01)])
    gone = sold_as(desk, lines, payments=[a_payment("other", 70_00)])
    elsewhere = sold_as(desk, lines, payments=[replace(a_payment("card", 70_00), gateway_ref="ch_2")])

    assert refuse(desk, less, "would be of 5999, 6000 of it went back").refund_id == refund
    assert refuse(desk, gone, "would be gone").refund_id == refuse(desk, elsewhere, "another one").refund_id == refund
    desk.put(sold_as(desk, lines))
    assert total_of(desk) + desk.refund().total == cny(70_00)


def test_a_payment_that_nothing_went_back_to_may_be_another() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    desk.request(units("l1", 1))

    desk.put(sold_as(desk, payments=[a_payment("other", 100_00)]))

    assert desk.order.payments[0].payment_id == "other"


def test_shipping_is_never_less_than_came_back_of_it() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], shipping=5_00, shipping_tax=80))
    desk.refund_shipping()

    refuse(desk, sold_as(desk, shipping=Shipping(cny(4_99), cny(80))), "shipping would come to less")
    refuse(desk, sold_as(desk, shipping=Shipping(cny(5_00), cny(79))), "shipping would come to less")
    desk.put(sold_as(desk, shipping=Shipping(cny(7_00), cny(1_00))))
    assert desk.position.shipping_left == cny(2_00)


def test_the_refund_that_brought_shipping_without_tax_stands_in_the_way_of_less() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], shipping=5_00))
    desk.refund(units("l1", 1))
    desk.refund_shipping()

    less = sold_as(desk, shipping=Shipping(cny(4_99), cny(0)))
    why = ": shipping would come to less than was given back of it[.] Refund"
    assert refuse(desk, less, why).refund_id == "r2"


def test_a_coupon_of_lines_that_are_all_back_keeps_no_order_as_it_is() -> None:
    desk = Desk(
        an_order([a_line(1, 60_00), a_line(1, 40_00), a_line(1, 5_00)], [a_coupon(10_00, on_lines=["l1", "l2"])])
    )
    desk.refund(units("l1", 1))
    rest = [desk.order.lines[0], desk.order.lines[2]]

    assert desk.put(sold_as(desk, rest, [a_coupon(6_00, on_lines=["l1"])])) is SnapshotStep.RESOLD


def test_points_that_were_taken_back_had_been_earned() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=100))
    refund = desk.request(units("l1", 1))
    desk.settle(refund)

    refused = refuse(desk, sold_as(desk, points_earned=59), "60 of the points that it earned were taken back")
    desk.put(sold_as(desk, points_earned=80))

    assert refused.refund_id == refund
    assert desk.refund().points.clawed_back == 20
    refuse(desk, sold_as(desk, points_earned=81), ": all of it is returned, .* points back that it earns now[.] Refund")


def test_an_exclusive_discount_is_left_something_that_brings_it_back() -> None:
    discount = an_exclusive_discount(10_00, on_lines=["l1", "l2"])
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00), a_line(1, 5_00)], [discount]))
    desk.refund(units("l1", 1))
    rest = [desk.order.lines[0], desk.order.lines[2]]

    refuse(
        desk,
        sold_as(desk, rest, [an_exclusive_discount(6_00, on_lines=["l1"])]),
        "nothing would be left that is not returned of what used 'birthday'",
    )


def test_what_was_granted_for_a_line_is_left_something_that_takes_it_back() -> None:
    coupon = OrderReward(RewardKind.COUPON, "thanks", cny(20_00), ("l1",))
    order = an_order([a_line(2, 50_00, line_id="l1"), a_line(1, 50_00, line_id="l2")])
    desk = Desk(replace(order, rewards=(coupon,)))
    desk.refund(units("l1", 1))

    less = [a_line(1, 50_00, line_id="l1"), a_line(1, 50_00, line_id="l2")]
    refuse(desk, sold_as(desk, less), "nothing would be left that is not returned of what thanks was granted for")
    desk.put(sold_as(desk, [a_line(2, 50_00, line_id="l1")]))
    desk.refund(units("l1", 1))

    assert desk.position.is_fully_returned()


def test_an_exclusive_discount_that_is_back_stays_back() -> None:
    discounts = [an_exclusive_discount(6_00, on_lines=["l1"]), a_discount(1_00)]
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], discounts))
    desk.refund(units("l1", 1))

    assert desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 5_00)])) is SnapshotStep.RESOLD


def test_a_fee_that_came_back_stays_what_it_was_and_another_may_change() -> None:
    fees = [an_extra(LineKind.FEE, 3_00), an_extra(LineKind.TIP, 2_00)]
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00), *fees], [a_discount(10_50)]))
    refund = desk.request_extras((("fee", cny(2_70)),), Reason.CHANGED_MIND)
    desk.settle(refund)
    goods = [*desk.order.lines[:2], a_line(1, 20_00, line_id="l5")]

    refused = refuse(desk, sold_as(desk, [*goods, fees[1]]), "line 'fee' would be gone")
    desk.put(sold_as(desk, [*goods, fees[0], an_extra(LineKind.TIP, 4_00)]))

    assert refused.refund_id == refund
    (fee, tip) = desk.sale.extras
    assert (fee.paid, desk.position.extra_left(fee).amount, tip.gross) == (cny(2_70), cny(0), cny(4_00))


def test_of_two_extras_that_came_back_the_refund_of_the_one_that_would_change_stands_in_the_way() -> None:
    fee, wrap = an_extra(LineKind.FEE, 3_00), an_extra(LineKind.GIFT_WRAP, 2_00)
    desk = Desk(an_order([a_line(1, 60_00), fee, wrap]))
    for name in ("fee", "gift_wrap"):
        desk.refund_extras(((name, cny(1_00)),), Reason.MERCHANT_BREACH)

    assert refuse(desk, sold_as(desk, [desk.order.lines[0], fee]), "line 'gift_wrap' would be gone").refund_id == "r2"


def test_a_fee_that_came_back_does_not_become_what_was_bought() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.FEE, 3_00)]))
    desk.refund_extras((("fee", cny(1_00)),), Reason.CHANGED_MIND)

    refuse(desk, sold_as(desk, [desk.order.lines[1]]), ": nothing but extras would .* be units then[.] Refund")


def test_what_a_refund_asks_of_a_fee_is_left_of_it() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.FEE, 3_00)]))
    asked = {"rf_1": (("fee", cny(3_00)),)}

    refuse_less_than_asked(desk.position, asked)
    for extras in ([], [an_extra(LineKind.FEE, 2_99)]):
        changed = Desk(an_order([a_line(1, 60_00), *extras])).position
        with pytest.raises(StandsInTheWay, match="less would be left of line 'fee' than is asked of it") as refused:
            refuse_less_than_asked(changed, asked)
        assert refused.value.refund_id == "rf_1"


def test_a_line_below_zero_stays_the_discount_that_it_was() -> None:
    down = an_extra(LineKind.ROUNDING, -1_00)
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00), down], [a_discount(5_00)]))
    desk.refund(units("l1", 1))

    desk.put(sold_as(desk, [*desk.order.lines[:2], a_line(1, 10_00, line_id="l4"), down]))

    assert total_of(desk) + desk.refund().total == desk.order.captured == cny(104_00)


def test_points_that_paid_for_shipping_and_came_back_had_been_spent() -> None:
    discount = a_discount(5_00, source=DiscountSource.POINTS, points=500, target=DiscountTarget.SHIPPING)
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [discount], shipping=5_00))
    desk.refund_shipping()

    refuse(desk, sold_as(desk, discounts=[replace(discount, points=499)]), "shipping would come to less")


def test_nobody_else_gets_something_for_what_may_be_on_its_way_back() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    desk.request(units("l1", 1))
    reward = OrderReward(RewardKind.STORE_CREDIT, None, cny(5_00))

    others = tuple(replace(reward, customer_id=name) for name in ("friend", "aunt"))
    refuse(desk, sold_as(desk, rewards=others), "would grant something to aunt, friend[.] Refund")
    assert desk.put(sold_as(desk, rewards=(reward,))) is SnapshotStep.RESOLD


def test_a_line_below_zero_with_tax_keeps_an_order_as_it_is() -> None:
    down = an_extra(LineKind.ROUNDING, -1_00, tax=-10)
    desk = Desk(an_order([a_line(1, 60_00, tax=5_00), a_line(1, 40_00, tax=5_00), down]))
    desk.request(units("l1", 1))

    refuse(
        desk,
        sold_as(desk, [*desk.order.lines, a_line(1, 5_00, line_id="l9")]),
        ": a line below .* of all others[.] Refund",
    )


def test_an_order_whose_shipping_came_back_by_parcel_changes_in_its_goods_and_comes_back_to_the_cent() -> None:
    parcels = (a_parcel("s1", {"l1": 1}, delivered=8, amount=6_00), a_parcel("s2", {"l2": 1}, delivered=9, amount=4_00))
    order = an_order([a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")], shipping=10_00)
    desk = Desk(replace(order, shipments=parcels))
    first = desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    desk.put(sold_as(desk, [*desk.order.lines, a_line(2, 5_00, line_id="l3")]))
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)

    assert first.shipping == cny(6_00)
    assert not desk.position.shipping_left
    assert sum(each.total.minor_units for each in desk.settled.values()) == 120_00


def test_a_line_below_zero_with_tax_may_be_another_until_anything_is_refunded() -> None:
    till = replace(an_extra(LineKind.ROUNDING, -1_00), tax=cny(-10))
    desk = Desk(an_order([a_line(1, 60_00, tax=6_00, line_id="l1"), till]))

    less = replace(till, total=cny(-2_00), tax=cny(-20))
    assert desk.put(sold_as(desk, [desk.order.lines[0], less])) is SnapshotStep.RESOLD

    desk.refund_all_that_is_left()
    assert sum(claim.tax.minor_units for claim in desk.claims) == 5_80


def test_a_line_that_is_sent_in_a_parcel_of_its_own_is_added_with_what_sending_it_costs() -> None:
    desk, parcels = sent_in_two()
    desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    lines, third = [*desk.order.lines, a_line(1, 5_00, line_id="l3")], a_parcel("s3", {"l3": 1}, amount=7_00, tax=70)

    desk.put(sold_as(desk, lines, shipping=Shipping(cny(17_00), cny(1_70)), shipments=(*parcels, third)))
    shares = [desk.refund(units(line_id, 1), reason=Reason.QUALITY_ISSUE) for line_id in ("l3", "l2")]

    assert [(each.shipping, each.shipping_tax) for each in shares] == [(cny(7_00), cny(70)), (cny(4_00), cny(40))]
    assert sum(each.total.minor_units for each in desk.settled.values()) == 122_00


def test_where_nobody_tells_any_more_what_parcels_cost_points_that_came_back_stay_where_they_are() -> None:
    on_shipping = replace(points_worth(5_00, points=500), target=DiscountTarget.SHIPPING)
    order = an_order([a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")], [on_shipping], shipping=10_00)
    parcel = a_parcel("s1", {"l1": 1}, amount=6_00)
    desk = Desk(replace(order, shipments=(parcel,)))
    first = desk.refund(units("l2", 1), reason=Reason.QUALITY_ISSUE)

    desk.put(sold_as(desk, shipping=Shipping(cny(12_00), cny(0)), shipments=(replace(parcel, amount=None),)))
    rest = desk.refund(reason=Reason.QUALITY_ISSUE)

    assert [(each.shipping, each.points.restored) for each in (first, rest)] == [(cny(2_00), 200), (cny(5_00), 300)]


def test_a_parcel_never_costs_less_than_came_back_for_sending_it() -> None:
    desk, (s1, s2) = sent_in_two()
    refund = desk.request(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    desk.settle(refund)

    for amount, tax, parcels in (
        (9_99, 1_00, (replace(s1, amount=cny(5_99)), s2)),
        (10_00, 99, (replace(s1, tax=cny(59)), s2)),
        (10_01, 1_01, (s2, a_parcel("s3", {"l1": 1}, amount=6_01, tax=61))),
        (11_00, 1_00, (replace(s1, amount=None, tax=None), replace(s2, amount=None, tax=None))),
    ):
        other = sold_as(desk, shipping=Shipping(cny(amount), cny(tax)), shipments=parcels)
        assert refuse(desk, other, "sending shipment 's1' would cost less than came back").refund_id == refund
    desk.put(sold_as(desk, shipping=Shipping(cny(9_00), cny(1_00)), shipments=(s1, replace(s2, amount=cny(3_00)))))
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)
    assert sum(each.total.minor_units for each in desk.settled.values()) == 109_00


def test_what_is_in_no_parcel_never_costs_less_than_came_back_for_sending_it() -> None:
    parcel = a_parcel("s1", {"l1": 1}, amount=6_00)
    order = an_order([a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")], shipping=10_00)
    desk = Desk(replace(order, shipments=(parcel,)))
    assert desk.refund(units("l2", 1), reason=Reason.QUALITY_ISSUE).shipping == cny(4_00)

    less = sold_as(desk, shipping=Shipping(cny(9_99), cny(0)))
    refuse(desk, less, ": sending what is in no shipment would cost less than came back of it[.] Refund")


def test_a_parcel_without_tax_costs_what_came_back_for_it_in_money_or_in_points_alone() -> None:
    by_points = replace(points_worth(10_00, points=1_000), target=DiscountTarget.SHIPPING)
    for discounts, total, first, second in (([], 9_99, 5_99, 4_00), ([by_points], 20_00, 6_00, 14_00)):
        taxed, parcels = sent_in_two(*discounts)
        s1, s2 = (replace(each, tax=cny(0)) for each in parcels)
        desk = Desk(replace(taxed.order, shipping=Shipping(cny(10_00), cny(0)), shipments=(s1, s2)))
        refund = desk.request(units("l1", 1), reason=Reason.QUALITY_ISSUE)
        desk.settle(refund)

        changed = (replace(s1, amount=cny(first)), replace(s2, amount=cny(second)))
        other = sold_as(desk, shipping=Shipping(cny(total), cny(0)), shipments=changed)

        assert refuse(desk, other, "sending shipment 's1' would cost less").refund_id == refund


def test_points_that_came_back_for_sending_a_parcel_stay_with_it() -> None:
    desk, parcels = sent_in_two(replace(points_worth(10_00, points=1_000), target=DiscountTarget.SHIPPING))
    refund = desk.request(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    desk.settle(refund)
    dear = replace(parcels[1], amount=cny(14_00))

    other = sold_as(desk, shipping=Shipping(cny(20_00), cny(1_00)), shipments=(parcels[0], dear))

    assert refuse(desk, other, "sending shipment 's1' would cost less").refund_id == refund


def sent_in_two(*discounts: Discount) -> tuple[Desk, tuple[Shipment, Shipment]]:
    """A line in each of two parcels, one of which cost 6.00, the other 4.00."""
    parcels = (
        a_parcel("s1", {"l1": 1}, delivered=8, amount=6_00, tax=60),
        a_parcel("s2", {"l2": 1}, delivered=9, amount=4_00, tax=40),
    )
    lines = [a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")]
    order = an_order(lines, discounts, shipping=10_00, shipping_tax=1_00)
    return Desk(replace(order, shipments=parcels)), parcels
