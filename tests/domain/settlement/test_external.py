"""Money that went back elsewhere counts like a refund of ours, and never more goes back than was paid (rule 51)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.entitlements.coupons import CouponOutcome
from domain.entitlements.grants import Grant
from domain.payout.external import ExternalPayout
from domain.policy import Policy, PromotionRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import DiscountTarget, LineKind, Order, RewardKind
from domain.sale.shipments import Shipment
from domain.settlement.external import ExternalRefund
from domain.settlement.fees import FeeKind
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement, Terms
from domain.settlement.what_if import PastRefund, replay
from proof.arithmetic import work_out
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_line,
    a_parcel,
    a_payment,
    an_extra,
    an_order,
    cny,
    money_only,
    on,
    points_worth,
    units,
)
from tests.domain.checks import check_it_adds_up, check_nothing_exceeds_what_was_paid
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


def moved(amount: int, *lines: LineRequest, payment_id: str | None = None) -> ExternalRefund:
    return ExternalRefund("re_1", cny(amount), lines or None, payment_id, NOW)


def refused(desk: Desk, external: ExternalRefund) -> str:
    with pytest.raises(RefundRejected) as refusal:
        desk.note_external(external)
    return refusal.value.code


def without_explanations(settlement: Settlement) -> Settlement:
    """What a settlement comes to; the tax of shipping that cost nothing is nobody's."""
    tax = settlement.shipping_tax if settlement.shipping else settlement.shipping_tax.like(0)
    return replace(settlement, explanations=(), shipping_tax=tax)


@given(desks(), histories())
def test_exactly_what_one_of_ours_would_have_paid_has_the_same_effects(desk: Desk, steps: list[Step]) -> None:
    """As long as nothing is taken off one of ours that can't be off what has moved, and no interest comes back."""
    play(desk, steps)
    lines = tuple(
        units(line.line_id, free)
        for line in desk.sale.lines
        if (free := desk.position.line(line.line_id).free_units.count)
    )
    if not lines:
        return
    ours = desk.quote(*lines, reason=Reason.MERCHANT_BREACH)
    # Nobody says for which parcel money moved elsewhere.
    is_less = ours.deductions or ours.deductions_returned or ours.lessened or ours.shipping_parts
    if is_less or desk.order.has_interest or not ours.total:
        return

    theirs = desk.note_external(ExternalRefund("re_1", ours.total, lines, None, NOW))

    assert without_explanations(theirs) == without_explanations(ours)


@given(desks(), histories())
def test_whatever_went_back_elsewhere_never_more_goes_back_than_was_paid(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_nothing_exceeds_what_was_paid)

    for settlement in desk.settled.values():
        check_it_adds_up(settlement)


@given(desks(), histories())
def test_what_moved_is_what_is_booked_for_the_payment_that_is_named(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)

    for refund_id, settlement in desk.settled.items():
        external = desk.terms_of(refund_id).external
        if external is not None:
            assert settlement.total == external.amount
            assert external.payment_id in (None, *(each.payment.payment_id for each in settlement.payouts))
            assert len(settlement.payouts) == 1 or external.payment_id is None


def test_units_that_went_back_elsewhere_are_gone_and_take_back_what_they_earned() -> None:
    desk = Desk(an_order([a_line(2, 100_00)], points_earned=200), shopper=Shopper(points=200))

    settlement = desk.note_external(moved(100_00, units("l1", 1)))

    assert (settlement.points.clawed_back, desk.position.line("l1").free_units.count) == (100, 1)
    assert settlement.fees == ()


def test_all_that_is_left_brings_the_coupon_back() -> None:
    order = an_order([a_line(2, 100_00)], [a_coupon(20_00)], shipping=10_00)
    desk = Desk(order)

    settlement = desk.note_external(moved(190_00))

    assert [each.outcome for each in settlement.coupons] == [CouponOutcome.REINSTATED]
    assert (settlement.shipping, settlement.completes_order) == (cny(10_00), True)


def test_a_part_without_lines_is_money_off_all_lines_by_what_is_left_of_them() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 30_00)], shipping=10_00))

    settlement = desk.note_external(moved(30_00))

    assert [claim.amount for claim in settlement.claims] == [cny(20_00), cny(10_00)]
    assert all(claim.is_adjustment for claim in settlement.claims)
    assert settlement.shipping == cny(0)


def test_what_goes_beyond_the_goods_is_for_the_shipping_and_then_for_the_extras() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.TIP, 5_00)], shipping=10_00, shipping_tax=2_00))

    settlement = desk.note_external(moved(73_00))

    assert (settlement.goods, settlement.shipping, settlement.extras_paid) == (cny(60_00), cny(10_00), cny(3_00))
    assert settlement.shipping_tax == cny(2_00)
    assert desk.position.extra_left(desk.sale.extras[0]).amount == cny(2_00)


def test_what_goes_beyond_the_shipping_is_for_one_extra_after_the_other() -> None:
    extras = an_extra(LineKind.TIP, 5_00), an_extra(LineKind.FEE, 3_00)
    desk = Desk(an_order([a_line(1, 60_00), *extras], shipping=10_00))

    assert desk.note_external(moved(74_00)).extras_paid == cny(4_00)


def test_all_of_an_order_with_a_tip_is_all_of_its_units() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.TIP, 5_00)], shipping=10_00))

    settlement = desk.note_external(moved(75_00))

    assert settlement.completes_order and not any(claim.is_adjustment for claim in settlement.claims)


def test_a_tip_alone_may_have_gone_back() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.TIP, 5_00)]))

    settlement = desk.note_external(moved(5_00, LineRequest("tip", 1, None)))

    assert (settlement.claims, settlement.extras_paid) == ((), cny(5_00))


def test_what_goes_beyond_named_units_is_for_a_part_of_the_shipping() -> None:
    desk = Desk(an_order([a_line(2, 60_00)], shipping=10_00, shipping_tax=2_00))

    settlement = desk.note_external(moved(65_00, units("l1", 1)))

    assert (settlement.shipping, settlement.shipping_tax) == (cny(5_00), cny(1_00))
    assert desk.position.shipping_left == cny(5_00)


def test_what_units_cost_beyond_what_moved_was_kept_back() -> None:
    desk = Desk(an_order([a_line(2, 60_00)]))

    settlement = desk.note_external(moved(50_00, units("l1", 1)))
    desk.refund()

    assert [(fee.kind, fee.amount) for fee in settlement.fees] == [(FeeKind.WITHHELD, cny(10_00))]
    assert [left for _, left in desk.position.payments_left] == [cny(10_00)]


def test_a_named_extra_and_an_amount_off_a_line_are_for_just_that() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.TIP, 5_00)]))

    settlement = desk.note_external(moved(15_00, money_only("l1", 10_00), LineRequest("tip", 1, None)))

    assert (settlement.goods, settlement.extras_paid) == (cny(10_00), cny(5_00))


def test_units_may_have_got_what_was_paid_for_them_where_promotions_are_recalculated() -> None:
    """Of 60.00 with 10 off from 50 the 20.00 item pays 10.00 when it is returned; the shop paid 16.67."""
    order = an_order([a_line(1, 40_00), a_line(1, 20_00)], [a_discount(10_00, minimum_spend=50_00)])
    desk = Desk(order, Policy(promotion_refund=PromotionRefund.REPRICE))

    settlement = desk.note_external(moved(16_67, units("l2", 1)))
    desk.refund()

    assert (settlement.goods, desk.position.payments_left[0][1]) == (cny(16_67), cny(0))


def test_what_is_gone_of_what_the_order_granted_is_owed_as_nothing_can_be_taken_off() -> None:
    grants = (Grant("thanks", RewardKind.STORE_CREDIT, cny(20_00), is_used=False),)
    desk = Desk(an_order([a_line(1, 100_00)]), shopper=Shopper(grants=grants))

    settlement = desk.note_external(moved(100_00))

    assert [(each.amount, each.owed) for each in settlement.deductions] == [(cny(0), cny(20_00))]
    assert settlement.total == cny(100_00)


def test_what_was_deducted_before_and_is_not_to_be_any_more_is_owed_less() -> None:
    grants = (Grant("granted", RewardKind.COUPON, cny(20_00), is_used=False),)
    desk = Desk(an_order([a_line(2, 100_00)]), shopper=Shopper(grants=grants))
    first = desk.refund(units("l1", 1))

    settlement = desk.note_external(moved(100_00, units("l1", 1)))

    assert [each.amount for each in first.deductions] == [cny(10_00)]
    assert [(each.amount, each.owed) for each in settlement.deductions_returned] == [(cny(0), cny(10_00))]


def test_what_earlier_refunds_made_owed_is_owed_less_as_well() -> None:
    grants = (Grant("granted", RewardKind.COUPON, cny(20_00), is_used=False),)
    desk = Desk(an_order([a_line(2, 1_00)]), shopper=Shopper(grants=grants))
    first = desk.refund(units("l1", 1))

    settlement = desk.note_external(moved(1_00, units("l1", 1)))

    assert [(each.amount, each.owed) for each in first.deductions] == [(cny(1_00), cny(9_00))]
    assert [(each.amount, each.owed) for each in settlement.deductions_returned] == [(cny(0), cny(10_00))]


TWO_PAYMENTS = (a_payment("gift", 40_00), a_payment("card", 60_00))


@pytest.mark.parametrize(
    ("amount", "lines", "payment_id"),
    [
        (100_01, (), None),
        (60_01, (), "card"),
        (50_01, (units("l1", 1),), None),
        (10_00, (money_only("l1", 10_01),), None),
        (10_01, (money_only("l1", 10_00),), None),
    ],
)
def test_more_than_is_left_of_the_order_the_payment_or_what_is_named_is_refused(
    amount: int, lines: Sequence[LineRequest], payment_id: str | None
) -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=TWO_PAYMENTS))

    assert refused(desk, moved(amount, *lines, payment_id=payment_id)) == Refusal.AMOUNT_NOT_AVAILABLE


REPRICED = Policy(promotion_refund=PromotionRefund.REPRICE)


@pytest.mark.parametrize(
    ("external", "left"),
    [
        (moved(100_01), "10000 is left on its payments beside interest"),
        (moved(60_01, payment_id="card"), "6000 is left on payment 'card' beside interest"),
        (moved(50_01, units("l1", 1)), "5000 is left of what it is for"),
    ],
)
def test_how_much_is_left_is_said(external: ExternalRefund, left: str) -> None:
    desk = Desk(an_order([a_line(2, 50_00)], payments=TWO_PAYMENTS))

    with pytest.raises(RefundRejected, match=f"said to have gone back, (which .*|){left}$"):
        desk.note_external(external)


def test_of_units_whose_promotion_is_recalculated_what_was_paid_for_them_is_left() -> None:
    desk = Desk(an_order([a_line(1, 40_00), a_line(1, 20_00)], [a_discount(10_00, minimum_spend=50_00)]), REPRICED)

    with pytest.raises(RefundRejected, match=r"1667 is left of what it is for$"):
        desk.note_external(moved(20_00, units("l2", 1)))


def test_of_units_that_bring_more_than_was_paid_for_them_so_much_is_left() -> None:
    """The 20.00 item had paid 10.00 back where 16.67 were paid for it: the other brings 40.00."""
    lines = [a_line(1, 40_00), a_line(1, 20_00), an_extra(LineKind.TIP, 5_00)]
    off = a_discount(10_00, minimum_spend=50_00)
    desk = Desk(an_order(lines, [replace(off, line_ids=("l1", "l2"))]), REPRICED)
    first = desk.refund(units("l2", 1))

    with pytest.raises(RefundRejected, match=r"4000 is left of what it is for$"):
        desk.note_external(moved(45_00, units("l1", 1)))
    assert first.total == cny(10_00)


def test_what_another_refund_has_claimed_is_not_left() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))
    desk.request(units("l1", 1))

    assert refused(desk, moved(50_01)) == Refusal.AMOUNT_NOT_AVAILABLE
    assert refused(desk, moved(50_00, units("l1", 2))) == Refusal.QUANTITY_NOT_AVAILABLE


def test_it_goes_back_to_the_payment_that_is_named_or_is_spread_like_one_of_ours() -> None:
    named, spread = (Desk(an_order([a_line(2, 50_00)], payments=TWO_PAYMENTS)) for _ in range(2))

    to_card = named.note_external(moved(50_00, payment_id="card"))
    to_both = spread.note_external(moved(50_00))

    assert [(each.payment.payment_id, each.amount) for each in to_card.payouts] == [("card", cny(50_00))]
    assert [each.amount for each in to_both.payouts] == [cny(20_00), cny(30_00)]


@pytest.mark.parametrize("is_left", [True, False])
def test_another_policy_changes_nothing_about_what_has_moved(*, is_left: bool) -> None:
    """Where under it more would have gone back before, what moved stays what it came to."""
    order = an_order([a_line(1, 40_00), a_line(1, 20_00)], [a_discount(10_00, minimum_spend=50_00)])
    desk = Desk(order, Policy(promotion_refund=PromotionRefund.REPRICE))
    desk.refund(units("l2", 1))
    amount = 33_33 if is_left else 40_00
    external = ExternalPayout(cny(amount), "card")
    claims = desk.position.claim([units("l1", 1)], Reason.MERCHANT_BREACH)
    terms = Terms(Reason.MERCHANT_BREACH, None, NOW, external=external)
    basis = SettlementInputs(desk.position.refunds, claims, terms, desk.customer, desk.entitlements)
    past = PastRefund("r2", on(1, month=12), basis, basis.settle(order, desk.sale, desk.policy))
    dearer = replace(basis.refunds[0], payouts=(("card", cny(16_67)),))
    past = replace(past, basis=replace(basis, refunds=(dearer,)))

    (replayed,) = replay(order, desk.sale, [past], Policy(return_window=IsoDuration("P1D")), is_closed=lambda _: False)

    assert replayed.refusal is None and replayed.after is not None
    assert replayed.after.total == cny(amount)


# Cents paid too much (rule 50)


def test_cents_paid_too_much_may_have_gone_back_elsewhere_with_all_the_rest() -> None:
    order = an_order([a_line(2, 50_00)], payments=[a_payment("p1", 100_03)])
    desk = Desk(replace(order, owed=cny(-3)))

    settlement = desk.note_external(moved(100_03))

    assert (settlement.overpaid, settlement.completes_order) == (cny(3), True)
    for each in settlement.explanations:
        assert work_out(each.formula or "0", {given.name: given.value for given in each.inputs}) == each.result
    assert desk.position.payments_left[0][1] == cny(0)


def test_what_moved_elsewhere_was_paid_and_leaves_what_is_owed() -> None:
    order = replace(an_order([a_line(2, 50_00)], payments=[a_payment("p1", 30_00)]), owed=cny(70_00))
    desk = Desk(order)

    settlement = desk.note_external(moved(30_00))

    assert (settlement.lessened, settlement.total, desk.position.owed_left) == (None, cny(30_00), cny(70_00))


# Of which parcel (rule 49)

WEEK = Policy(return_window=IsoDuration("P7D"))


def sent(*parcels: Shipment, quantity: int) -> Order:
    order = an_order([a_line(quantity, 10_00)], shipping=10_00)
    return replace(order, delivered_at=None, shipments=parcels)


def test_what_moved_is_for_a_unit_that_can_not_come_back_any_more_so_that_the_others_still_can() -> None:
    old, new = a_parcel("old", {"l1": 1}, delivered=1), a_parcel("new", {"l1": 1}, delivered=18)
    desk = Desk(sent(new, old, quantity=2), policy=WEEK)

    (claim,) = desk.note_external(moved(10_00, units("l1", 1))).claims

    assert claim.units.ranges == ((1, 2),)


def test_what_moved_beyond_the_goods_is_for_sending_the_parcel_that_they_came_in() -> None:
    first = a_parcel("s1", {"l1": 1}, delivered=18, amount=6_00)
    desk = Desk(sent(first, a_parcel("s2", {"l1": 1}, delivered=19, amount=4_00), quantity=2))

    settled = desk.note_external(moved(15_00, units("l1", 1)))
    rest = desk.refund(reason=Reason.MERCHANT_BREACH)

    assert [(each.shipment_id, each.amount.minor_units) for each in settled.shipping_parts if each.amount] == [
        ("s1", 5_00)
    ]
    assert (settled.shipping, rest.shipping, rest.total) == (cny(5_00), cny(5_00), cny(15_00))


def test_the_tax_of_what_moved_for_a_parcel_is_that_parcels() -> None:
    first = a_parcel("s1", {"l1": 1}, delivered=18, amount=6_00, tax=90)
    parcels = first, a_parcel("s2", {"l1": 1}, delivered=19, amount=4_00, tax=70)
    order = an_order([a_line(2, 10_00)], shipping=10_00, shipping_tax=1_60)

    settled = Desk(replace(order, delivered_at=None, shipments=parcels)).note_external(moved(15_00, units("l1", 1)))

    assert (settled.shipping, settled.shipping_tax) == (cny(5_00), cny(75))


def test_where_nobody_says_what_parcels_cost_what_moved_is_of_none() -> None:
    desk = Desk(sent(a_parcel("s1", {"l1": 1}, delivered=18), a_parcel("s2", {"l1": 1}, delivered=19), quantity=2))

    settled = desk.note_external(moved(15_00, units("l1", 1)))

    assert (settled.shipping, settled.shipping_parts) == (cny(5_00), ())


def test_where_nobody_says_what_parcels_cost_the_tax_of_sending_is_that_of_an_order_without_parcels() -> None:
    order = an_order([a_line(3, 10_00)], shipping=10_00, shipping_tax=1_61)
    parcels = a_parcel("s1", {"l1": 2}, delivered=18), a_parcel("s2", {"l1": 1}, delivered=19)

    for desk in (Desk(order), Desk(replace(order, shipments=parcels))):
        settled = [desk.note_external(moved(amount, units("l1", 1))) for amount in (13_33, 13_33, 13_34)]
        assert [each.shipping_tax for each in settled] == [cny(54), cny(53), cny(54)]


# Points that paid for shipping (rule 18)


def sent_for_points(worth: int) -> Desk:
    """Two units of 50.00, and shipping of 8.00 of which 81 points paid so much."""
    on_shipping = replace(points_worth(worth, points=81), target=DiscountTarget.SHIPPING)
    return Desk(an_order([a_line(2, 50_00)], [on_shipping], shipping=8_00))


@pytest.mark.parametrize(
    ("worth", "external", "restored"),
    [
        (3_00, moved(105_00), 81),
        (3_00, moved(102_00, units("l1", 2)), 0),
        (3_00, moved(50_00, units("l1", 1)), 0),
        (8_00, moved(50_00, units("l1", 1)), 81),
        (8_00, moved(40_00, units("l1", 1)), 81),
        (8_00, moved(10_00, money_only("l1", 10_00)), 0),
    ],
)
def test_points_come_with_all_that_is_left_of_the_shippings_money_or_with_units(
    worth: int, external: ExternalRefund, restored: int
) -> None:
    assert sent_for_points(worth).note_external(external).points.restored == restored


def test_a_lost_dispute_brings_no_points_of_the_shipping() -> None:
    lost = sent_for_points(3_00).lose_dispute("card", cny(105_00))

    assert lost is not None
    assert (lost.shipping, lost.points.restored) == (cny(5_00), 0)
