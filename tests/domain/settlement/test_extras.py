"""Fees, tips, deposits, gift wrap and rounding come back as the policy says, and are no units (rule 47)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain.claims.extras import ExtraDecision
from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.entitlements.coupons import CouponOutcome
from domain.money.amounts import Money
from domain.policy import LineKindRefund, Policy, PromotionRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import Measure
from domain.sale.orders import LineKind, Order, OrderLine, OrderStatus
from domain.sale.sales import book
from domain.settlement.extras import Named, asked_of, name_extras, refuse_amounts_of_extras
from domain.settlement.settlement import Settlement
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_gift,
    a_line,
    an_extra,
    an_order,
    at_a_total,
    cny,
    money_only,
    points_worth,
    sold_for_good,
    units,
)
from tests.domain.refund_desk import Desk

FAULT = Reason.QUALITY_ISSUE


def back(settlement: Settlement) -> dict[str, int]:
    return {each.line_id: each.amount.minor_units for each in settlement.extras if each.is_any}


def an_order_of_everything() -> Order:
    """Two kettles at 50.00 with each kind of extra."""
    extras = [
        an_extra(LineKind.FEE, 3_00),
        an_extra(LineKind.TIP, 5_00),
        an_extra(LineKind.DEPOSIT, 1_00),
        an_extra(LineKind.GIFT_WRAP, 2_00),
        an_extra(LineKind.ROUNDING, 3),
    ]
    return an_order([a_line(2, 50_00), *extras])


def with_rule(kind: LineKind, rule: LineKindRefund) -> Policy:
    return Policy(line_kind_refund={**Policy().line_kind_refund, kind: rule})


def test_a_change_of_mind_brings_deposit_and_rounding_back_and_nothing_else() -> None:
    settlement = Desk(an_order_of_everything()).refund()

    assert back(settlement) == {"deposit": 1_00, "rounding": 3}
    assert (settlement.goods, settlement.total) == (cny(100_00), cny(101_03))


def test_the_merchants_fault_brings_fee_and_gift_wrap_back_too_and_never_the_tip() -> None:
    settlement = Desk(an_order_of_everything()).refund(reason=FAULT)

    assert back(settlement) == {"fee": 3_00, "deposit": 1_00, "gift_wrap": 2_00, "rounding": 3}
    assert settlement.completes_order


def test_what_comes_with_goods_comes_in_proportion_and_the_last_goods_take_the_rest() -> None:
    desk = Desk(an_order([a_line(3, 10_00), an_extra(LineKind.DEPOSIT, 1_00, tax=16)]))

    parts = [desk.refund(units("l1", 1)).extras[0] for _ in range(3)]

    assert [part.amount for part in parts] == [cny(33), cny(33), cny(34)]
    assert [part.tax for part in parts] == [cny(5), cny(5), cny(6)]


def test_the_others_come_back_whole_with_the_first_units_like_shipping() -> None:
    desk = Desk(an_order([a_line(3, 10_00), an_extra(LineKind.FEE, 1_00)]))

    assert [back(desk.refund(units("l1", 1), reason=FAULT)) for _ in range(3)] == [{"fee": 1_00}, {}, {}]


@pytest.mark.parametrize(
    ("rule", "reason", "status", "decision"),
    [
        (LineKindRefund.NEVER, FAULT, OrderStatus.PAID, ExtraDecision.NEVER),
        (LineKindRefund.ALWAYS, Reason.CHANGED_MIND, OrderStatus.DELIVERED, ExtraDecision.ALWAYS),
        (LineKindRefund.MERCHANT_FAULT, FAULT, OrderStatus.DELIVERED, ExtraDecision.MERCHANT_FAULT),
        (LineKindRefund.MERCHANT_FAULT, Reason.CHANGED_MIND, OrderStatus.PAID, ExtraDecision.NOT_AT_FAULT),
        (LineKindRefund.UNSHIPPED, Reason.CHANGED_MIND, OrderStatus.PAID, ExtraDecision.UNSHIPPED),
        (LineKindRefund.UNSHIPPED, FAULT, OrderStatus.SHIPPED, ExtraDecision.SHIPPED),
        (LineKindRefund.WITH_GOODS, Reason.CHANGED_MIND, OrderStatus.DELIVERED, ExtraDecision.IN_PROPORTION),
    ],
)
def test_the_policy_decides_for_each_kind(
    rule: LineKindRefund, reason: Reason, status: OrderStatus, decision: ExtraDecision
) -> None:
    order = replace(an_order([a_line(2), an_extra(LineKind.TIP, 5_00)]), status=status, delivered_at=None)

    (tip,) = Desk(order, with_rule(LineKind.TIP, rule)).quote(units("l1", 1), reason=reason).extras

    assert (tip.decision, bool(tip.amount)) == (decision, decision.gives_something)


def test_money_off_goods_leaves_the_extras() -> None:
    settlement = Desk(an_order_of_everything()).refund(money_only("l1", 5_00), reason=FAULT)

    assert {each.decision for each in settlement.extras} == {ExtraDecision.NO_GOODS, ExtraDecision.NEVER}
    assert settlement.total == cny(5_00)


def test_the_coupon_comes_back_without_them() -> None:
    settlement = Desk(an_order([a_line(1, 80_00), an_extra(LineKind.TIP, 20_00)], [a_coupon(10_00)])).refund()

    assert [coupon.outcome for coupon in settlement.coupons] == [CouponOutcome.REINSTATED]
    assert settlement.total == cny(72_00)


def test_points_that_paid_for_an_extra_come_back_with_it() -> None:
    order = an_order([a_line(1, 80_00), an_extra(LineKind.FEE, 20_00)], [points_worth(50_00, points=500)])

    of_a_fault, of_a_change_of_mind = Desk(order).quote(reason=FAULT), Desk(order).quote()

    assert (of_a_fault.points.restored, of_a_change_of_mind.points.restored) == (500, 400)
    assert (of_a_fault.total, of_a_change_of_mind.total) == (cny(50_00), cny(40_00))


@pytest.mark.parametrize(("lines", "shares"), [([a_line(2, 0), a_line(2, 0)], [50, 50]), ([a_gift(0)], [1_00])])
def test_goods_that_cost_nothing_carry_extras_by_their_number(lines: list[OrderLine], shares: list[int]) -> None:
    desk = Desk(an_order([*lines, an_extra(LineKind.DEPOSIT, 1_00)]))

    assert [back(desk.refund(units(line.line_id, line.quantity)))["deposit"] for line in desk.sale.lines] == shares


def test_goods_paid_with_points_alone_carry_extras_by_their_price() -> None:
    free = points_worth(40_00, points=400, on_lines=["l1", "l2"])
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00), an_extra(LineKind.DEPOSIT, 1_00)], [free]))

    assert [back(desk.refund(units(line, 1))) for line in ("l1", "l2")] == [{"deposit": 75}, {"deposit": 25}]


def test_an_order_of_nothing_else_has_them_as_what_was_bought() -> None:
    desk = Desk(an_order([an_extra(LineKind.DEPOSIT, 50_00)]))

    settlement = desk.refund(units("deposit", 1))

    assert ([claim.line_id for claim in settlement.claims], settlement.total) == (["deposit"], cny(50_00))
    assert settlement.completes_order


def test_repriced_a_discount_keeps_its_share_on_what_is_no_unit() -> None:
    lines = [a_line(1, 60_00), a_line(1, 20_00), an_extra(LineKind.FEE, 20_00)]
    order = an_order(lines, [a_discount(10_00, minimum_spend=50_00)])
    desk = Desk(order, Policy(promotion_refund=PromotionRefund.REPRICE))

    assert [desk.refund(units("l2", 1)).goods, desk.refund(units("l1", 1)).goods] == [cny(20_00), cny(52_00)]


# Lines below zero


def test_what_a_till_rounded_down_goes_back_with_the_goods_to_the_cent() -> None:
    desk = Desk(an_order([a_line(3, 3_34), an_extra(LineKind.ROUNDING, -2)]))

    totals = [desk.refund(units("l1", 1)).total for _ in range(3)]

    assert (totals, desk.order.price) == ([cny(3_34), cny(3_33), cny(3_33)], cny(10_00))
    assert [line.line_id for line in book(desk.order).lines] == ["l1"]


def test_a_discount_of_a_till_is_explained_like_one() -> None:
    (line, *_) = (
        Desk(an_order([a_line(1, 10_00), an_extra(LineKind.ROUNDING, -1_00)], [a_coupon(2_00)])).quote().explanations
    )

    assert line.arithmetic == "1000 - 200 - 100 = 700"


def test_more_off_than_there_is_is_refused() -> None:
    with pytest.raises(RefundRejected) as refused:
        book(an_order([a_line(1, 5_00), an_extra(LineKind.FEE, 5_00), an_extra(LineKind.DEPOSIT, -1_00)], [
            a_discount(9_50, on_lines=["l1", "fee"])
        ]))  # fmt: skip

    assert refused.value.code is Refusal.DISCOUNT_EXCEEDS_LINES


def test_a_line_below_zero_is_not_asked_for() -> None:
    with pytest.raises(RefundRejected, match="took off what the other lines cost"):
        named(an_order([a_line(), an_extra(LineKind.ROUNDING, -2)]), units("rounding", 1))


# Asked for by name


def named(
    order: Order, *asked: LineRequest, reason: Reason = Reason.CHANGED_MIND, own: Mapping[str, Reason] | None = None
) -> Named:
    return name_extras(Desk(order).position, asked, reason, own or {}, Policy())[1]


def test_asked_for_with_goods_it_comes_as_it_does_anyway() -> None:
    assert named(an_order_of_everything(), units("l1", 1), units("deposit", 1)) == ()
    assert named(an_order_of_everything(), units("l1", 1), units("fee", 1), reason=FAULT) == ()


def test_asked_for_alone_it_comes_where_the_reason_brings_it_back() -> None:
    two = an_order([a_line(), replace(an_extra(LineKind.GIFT_WRAP, 5_00, quantity=2), tax=cny(80))])
    desk = Desk(two)

    asked = name_extras(desk.position, [units("gift_wrap", 1)], FAULT, {}, Policy())[1]
    desk.refund_extras(asked, FAULT)
    rest = desk.refund(reason=FAULT)

    assert asked == (("gift_wrap", cny(2_50)),)
    assert [each.extras[0].amount for each in desk.settled.values()] == [cny(2_50), cny(2_50)]
    assert [each.extras[0].tax for each in desk.settled.values()] == [cny(40), cny(40)]
    assert rest.total == cny(102_50)


def test_a_reason_of_its_own_brings_it_back_beside_goods_for_another() -> None:
    asked = named(an_order_of_everything(), units("l1", 1), units("fee", 1), own={"fee": FAULT})

    assert asked == (("fee", cny(3_00)),)


@pytest.mark.parametrize("line_id", ["tip", "fee", "deposit"])
def test_what_the_policy_does_not_bring_back_is_refused(line_id: str) -> None:
    with pytest.raises(RefundRejected, match="line_kind_refund says") as refused:
        named(an_order_of_everything(), units(line_id, 1))

    assert refused.value.code is Refusal.LINE_NOT_RETURNABLE


def test_the_merchant_may_give_an_amount_of_it_and_never_more_than_is_left() -> None:
    desk = Desk(an_order_of_everything())
    settlement = desk.refund_extras(named(desk.order, money_only("tip", 2_00)), Reason.CHANGED_MIND)

    assert (back(settlement), settlement.total) == ({"tip": 2_00}, cny(2_00))
    with pytest.raises(RefundRejected, match="400 of line 'tip' asked for, 300 left") as refused:
        name_extras(desk.position, [money_only("tip", 4_00)], FAULT, {}, Policy())
    assert refused.value.code is Refusal.AMOUNT_NOT_AVAILABLE


def test_more_than_was_sold_is_not_available() -> None:
    with pytest.raises(RefundRejected) as refused:
        named(an_order_of_everything(), units("fee", 2), reason=FAULT)

    assert refused.value.code is Refusal.QUANTITY_NOT_AVAILABLE


def test_a_customer_asks_for_no_money_off_it() -> None:
    order = an_order_of_everything()
    refuse_amounts_of_extras(order, ["l1"])

    with pytest.raises(RefundRejected, match="line 'tip' is a tip"):
        refuse_amounts_of_extras(order, ["l1", "tip"])


def test_what_is_given_outright_is_never_less_than_what_is_due() -> None:
    desk = Desk(an_order([a_line(1, 10_00), an_extra(LineKind.DEPOSIT, 1_00)]))

    assert desk.refund_extras((("deposit", cny(50)),), FAULT, units("l1", 1)).extras[0].amount == cny(1_00)


def test_the_share_of_a_part_has_no_more_tax_than_money() -> None:
    desk = Desk(an_order([a_line(7, 1_00), an_extra(LineKind.DEPOSIT, 3, tax=3)]))

    parts = [desk.refund(units("l1", 1)).extras[0] for _ in range(7)]

    assert all(not part.tax.exceeds(part.amount) for part in parts)
    assert Money.total((part.tax for part in parts), "CNY") == cny(3)


def test_sold_for_good_says_nothing_of_extras() -> None:
    settlement = Desk(an_order([a_line(), sold_for_good(), an_extra(LineKind.DEPOSIT, 2_00)])).refund()

    assert back(settlement) == {"deposit": 1_00}


def test_a_total_below_zero_is_no_price() -> None:
    assert at_a_total(-1).is_below_zero and not a_line().is_below_zero


def test_wrap_of_one_bundle_does_not_come_back_for_what_was_done_to_other_goods() -> None:
    wrap = replace(an_extra(LineKind.GIFT_WRAP, 5_00), bundle_id="set")
    desk = Desk(an_order([replace(a_line(1, 60_00), bundle_id="set"), a_line(1, 40_00), wrap]))
    asked = [units("l2", 1), LineRequest("gift_wrap", 1, None)]

    with pytest.raises(RefundRejected) as refused:
        name_extras(desk.position, asked, Reason.CHANGED_MIND, {"l2": Reason.QUALITY_ISSUE}, Policy())

    assert refused.value.code is Refusal.LINE_NOT_RETURNABLE


def test_more_of_an_extra_than_was_sold_is_refused_in_its_unit() -> None:
    deposit = replace(an_extra(LineKind.DEPOSIT, 5_00, quantity=500), measure=Measure("kg"))
    desk = Desk(an_order([a_line(1, 60_00), deposit]))

    with pytest.raises(RefundRejected, match=r"0\.6 kg of line 'deposit' asked for, 0\.5 kg were sold"):
        asked_of(desk.position, desk.sale.extras[0], LineRequest("deposit", 600, None))
