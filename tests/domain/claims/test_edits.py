"""Orders that change after refunds of them were asked for (rule 57)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.claims.claims import ClaimState
from domain.claims.edits import refuse_less_than_asked, sell_differently
from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingBack, ShippingDecision
from domain.claims.standing import StandsInTheWay
from domain.money.amounts import Money
from domain.policy import Policy, PromotionRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import Measure
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    LineKind,
    Order,
    OrderLine,
    OrderReward,
    RewardKind,
    Shipping,
)
from domain.sale.payments import Payment
from domain.sale.shipments import Shipment, ShippedLine
from domain.sale.snapshots import SnapshotStep
from domain.sale.units import Units
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_gift,
    a_line,
    a_parcel,
    a_payment,
    an_exclusive_discount,
    an_extra,
    an_order,
    at_a_total,
    cny,
    money_only,
    on,
    points_worth,
    units,
)
from tests.domain.refund_desk import Desk


def weighed(total: int, *, thousandths: int, unit: str = "kg") -> OrderLine:
    return replace(at_a_total(total, quantity=thousandths), measure=Measure(unit))


def sold_as(
    desk: Desk,
    lines: Sequence[OrderLine] | None = None,
    discounts: Sequence[Discount] | None = None,
    payments: Sequence[Payment] | None = None,
    **changes: object,
) -> Order:
    """The desk's order as the merchant says it is sold now; the card paid all of it unless told otherwise."""
    known = desk.order
    later = replace(known, updated_at=(known.updated_at or on(19)) + timedelta(days=1), **changes)  # type: ignore[arg-type]
    named = [replace(line, line_id=line.line_id or f"l{place}") for place, line in enumerate(lines or known.lines, 1)]
    order = replace(later, lines=tuple(named), discounts=tuple(known.discounts if discounts is None else discounts))
    return replace(order, payments=tuple(payments or (a_payment("card", order.price.minor_units),)))


def refuse(desk: Desk, order: Order, because: str) -> StandsInTheWay:
    """The order can't be sold like that, and nothing has changed."""
    before = desk.order, desk.sale
    with pytest.raises(StandsInTheWay, match=because) as refused:
        desk.put(order)
    assert (desk.order, desk.sale) == before
    return refused.value


def total_of(desk: Desk) -> Money:
    return Money.total((each.total for each in desk.settled.values()), "CNY")


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


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ([a_line(1, 40_00, line_id="l2")], "line 'l1' would be gone"),
        ([a_line(1, 60_00), a_line(1, 40_00)], "1 units less of it would be sold"),
        ([a_line(2, 50_00), a_line(1, 40_00)], "a unit of line 'l1' would cost something else"),
        ([a_line(2, 70_00), a_line(1, 40_00)], "a unit of line 'l1' would cost something else"),
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


def test_a_change_does_not_return_what_is_left() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [a_coupon(6_00, on_lines=["l1"])]))
    desk.refund(units("l1", 1))

    refuse(desk, sold_as(desk, [desk.order.lines[0]]), "nothing would be left that is not returned")


def test_what_a_repriced_refund_kept_back_is_left_for_something() -> None:
    campaign = a_discount(10_00, minimum_spend=50_00)
    lines = [a_line(1, 20_00), a_line(1, 40_00), a_line(1, 1, line_id="l3")]
    desk = Desk(an_order(lines, [campaign]), Policy(promotion_refund=PromotionRefund.REPRICE))
    assert desk.refund(units("l1", 1)).total == cny(10_00)

    left = [lines[0], replace(lines[2], line_id="l3")]

    refuse(desk, sold_as(desk, left, [a_discount(3_33, minimum_spend=50_00)]), "would be left for nothing")


def test_all_goods_together_are_never_less_than_came_back_of_them() -> None:
    campaign = a_discount(50_00, minimum_spend=50_00)
    policy = Policy(promotion_refund=PromotionRefund.REPRICE)
    desk = Desk(an_order([a_line(1, 10_00), a_line(1, 90_00)], [campaign]), policy)
    desk.refund(units("l1", 1))

    assert total_of(desk) == cny(10_00)
    cheaper = sold_as(desk, [a_line(1, 10_00), a_line(1, 45_00)], shipping=Shipping(cny(20_00), cny(0)))
    refuse(desk, cheaper, "all goods would come to less")


def test_points_that_were_taken_back_had_been_earned() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=100))
    refund = desk.request(units("l1", 1))
    desk.settle(refund)

    refused = refuse(desk, sold_as(desk, points_earned=59), "60 of the points that it earned were taken back")
    desk.put(sold_as(desk, points_earned=80))

    assert refused.refund_id == refund
    assert desk.refund().points.clawed_back == 20
    refuse(desk, sold_as(desk, points_earned=81), "nothing would take points back that it earns now")


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


def test_a_fee_that_came_back_does_not_become_what_was_bought() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.FEE, 3_00)]))
    desk.refund_extras((("fee", cny(1_00)),), Reason.CHANGED_MIND)

    refuse(desk, sold_as(desk, [desk.order.lines[1]]), "nothing but extras would be left")


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


def test_points_that_paid_for_shipping_and_came_back_had_been_spent() -> None:
    discount = a_discount(5_00, source=DiscountSource.POINTS, points=500, target=DiscountTarget.SHIPPING)
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], [discount], shipping=5_00))
    desk.refund_shipping()

    refuse(desk, sold_as(desk, discounts=[replace(discount, points=499)]), "shipping would come to less")


def test_nobody_else_gets_something_for_what_may_be_on_its_way_back() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)]))
    desk.request(units("l1", 1))
    reward = OrderReward(RewardKind.STORE_CREDIT, None, cny(5_00))

    refuse(desk, sold_as(desk, rewards=(replace(reward, customer_id="friend"),)), "would grant something to friend")
    assert desk.put(sold_as(desk, rewards=(reward,))) is SnapshotStep.RESOLD


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


def test_a_line_below_zero_with_tax_keeps_an_order_as_it_is() -> None:
    down = an_extra(LineKind.ROUNDING, -1_00, tax=-10)
    desk = Desk(an_order([a_line(1, 60_00, tax=5_00), a_line(1, 40_00, tax=5_00), down]))
    desk.request(units("l1", 1))

    refuse(desk, sold_as(desk, [*desk.order.lines, a_line(1, 5_00, line_id="l9")]), "lowers the tax of all others")


def test_parcels_keep_the_units_that_were_claimed_of_them() -> None:
    desk = Desk(an_order([a_line(3, 10_00), a_line(1, 5_00)]))
    released = desk.request(units("l1", 2))
    kept = desk.request(units("l1", 1))
    desk.release(released)
    shipment = Shipment("s1", (ShippedLine("l1", 2),))

    refused = refuse(desk, sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)], shipments=(shipment,)), "in its parcels")

    assert refused.refund_id == kept


def test_what_came_back_for_sending_parcels_and_what_the_bank_took_keep_an_order_as_it_is() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], shipping=5_00))
    refund = desk.request(units("l1", 1))
    (live,) = desk.position.refunds
    dearer = sold_as(desk, shipping=Shipping(cny(6_00), cny(0)))

    for taken, because in (
        (
            replace(live, shipping_parts=(ShippingBack("s1", ShippingDecision.FIRST_UNITS, cny(1_00), cny(0)),)),
            "for some of its parcels",
        ),
        (replace(live, claims=tuple(replace(claim, is_loss=True) for claim in live.claims)), "a lost dispute"),
    ):
        with pytest.raises(StandsInTheWay, match=because) as refused:
            sell_differently(replace(desk.position, refunds=(taken,)), dearer)
        assert refused.value.refund_id == refund


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


def test_when_a_lost_dispute_is_won_after_all_its_order_may_change_again() -> None:
    desk = Desk(an_order([a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2")]))
    desk.lose_dispute("card", cny(50_00))
    more = sold_as(desk, [*desk.order.lines, a_line(1, 5_00, line_id="l3")])

    refused = refuse(desk, more, "the bank took money after a lost dispute")
    desk.release(desk.losses[-1])

    assert refused.refund_id == "r1" and desk.put(more) is SnapshotStep.RESOLD
