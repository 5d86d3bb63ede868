"""For all refunds: every figure has exactly one explanation, which names its rule and comes to the figure."""

from collections.abc import Iterator

from hypothesis import given

from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingDecision
from domain.entitlements.points import PointsEffect
from domain.explain.explanations import BASIS_POINTS, POINTS, THOUSANDTHS, UNITS, Figure, Phrase
from domain.payout.choice import RefundTo
from domain.sale.orders import Order
from domain.sale.sales import Sale
from domain.settlement.settlement import Settlement
from proof.arithmetic import work_out
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

RULES = {
    Figure.LINE: {
        Phrase.LINE: 4,
        Phrase.LINE_NOTHING_OFF: 4,
        Phrase.ADJUSTMENT: 5,
        Phrase.LINE_REPRICED: 7,
        Phrase.LINE_MEASURED: 48,
        Phrase.LINE_MEASURED_NOTHING_OFF: 48,
    },
    Figure.COUPON: {
        Phrase.COUPON_KEPT: 13,
        Phrase.COUPON_KEPT_ELSEWHERE: 43,
        Phrase.COUPON_REINSTATED: 13,
        Phrase.COUPON_USE_REINSTATED: 13,
        Phrase.COUPON_RESIDUAL: 15,
        Phrase.COUPON_REVOKED: 16,
        Phrase.COUPON_VALUE_DEDUCTED: 16,
        Phrase.COUPON_PART_DEDUCTED: 16,
    },
    Figure.EXCLUSIVE_DISCOUNT: {
        Phrase.EXCLUSIVE_KEPT: 26,
        Phrase.EXCLUSIVE_KEPT_ELSEWHERE: 43,
        Phrase.EXCLUSIVE_REINSTATED: 26,
    },
}
RULES[Figure.SHIPPING] = {phrase: 8 for phrase in Phrase if phrase.startswith("shipping.")} | {
    Phrase.SHIPPING_GIVEN: 49,
    Phrase.SHIPPING_BY_PARCEL: 49,
    Phrase.SHIPPING_OF_NO_PARCEL: 49,
}
RULE = {
    Figure.SHIPMENT: 49,
    Figure.SHIPPING_TAX: 8,
    Figure.EXTRA: 47,
    Figure.FEE: 9,
    Figure.DEDUCTION: 10,
    Figure.DEDUCTION_RETURNED: 45,
    Figure.INTEREST: 50,
    Figure.OVERPAID: 50,
    Figure.PAID_AFTER_ALL: 50,
    Figure.OWED: 50,
    Figure.RELEASED: 50,
    Figure.TOTAL: 10,
    Figure.PAYOUT: 11,
    Figure.CONVERTED: 53,
    Figure.STORE_CREDIT_BONUS: 54,
    Figure.POINTS_RESTORED: 18,
    Figure.POINTS_CLAWED_BACK: 19,
    Figure.POINTS_SHORTFALL: 20,
    Figure.CAMPAIGN: 23,
    Figure.GIFT: 27,
    Figure.TIER: 28,
}


EXTERNAL = {Phrase.SHIPPING_EXTERNAL, Phrase.EXTRA_EXTERNAL, Phrase.FEE_WITHHELD, Phrase.PAYOUT_EXTERNAL}
"""What is said of money that went back elsewhere (rule 51)."""

CHOSEN = {Phrase.PAYOUT_TO_CREDIT, Phrase.PAYOUT_TO_ACCOUNT}
"""What is said of money that goes where the customer wants it (rule 54)."""

LOST = {Phrase.LINE_LOST, Phrase.PAYOUT_LOST}
"""What is said of a dispute that was lost (rule 52)."""


@given(desks(), histories())
def test_every_formula_comes_to_its_figure(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for settlement in desk.settled.values():
        for each in settlement.explanations:
            inputs = {given.name: given.value for given in each.inputs}
            assert len(inputs) == len(each.inputs)
            if each.formula:
                assert work_out(each.formula, inputs) == each.result, each
                assert work_out(each.arithmetic.split(" = ")[0], {}) == each.result
            else:
                assert each.result == 0


@given(desks(), histories())
def test_every_number_has_a_unit_that_can_be_said(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    paid_in = {payment.amount.currency for payment in desk.order.payments}
    units = {desk.order.currency, *paid_in, POINTS, UNITS, THOUSANDTHS, BASIS_POINTS}
    for each in (each for settlement in desk.settled.values() for each in settlement.explanations):
        assert {each.unit, *(given.unit for given in each.inputs)} <= units


@given(desks(), histories())
def test_every_explanation_names_the_rule_it_follows(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for each in (each for settlement in desk.settled.values() for each in settlement.explanations):
        is_of_a_grant = each.figure is Figure.COUPON and each.subject.startswith("granted")
        rule = 52 if each.phrase in LOST else RULE.get(each.figure) or RULES[each.figure][each.phrase]
        rule = 51 if each.phrase in EXTERNAL else rule
        rule = 54 if each.phrase in CHOSEN else rule
        rule = 56 if each.phrase is Phrase.PAYOUT_TO_RECEIVER else rule
        assert each.rule == (16 if is_of_a_grant else rule)


@given(desks(), histories())
def test_every_figure_has_exactly_one_explanation(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)

    for refund_id, settlement in desk.settled.items():
        explained = sorted((each.figure.value, each.subject, each.result) for each in settlement.explanations)
        assert explained == sorted(_figures(settlement, *desk.sold_then[refund_id]))


def _figures(settlement: Settlement, order: Order, sale: Sale) -> Iterator[tuple[str, str, int]]:
    yield "shipping", "", settlement.shipping.minor_units
    for parcel in settlement.shipping_parts:
        if parcel.decision is not ShippingDecision.OTHER_PARCEL:
            yield "shipment", parcel.shipment_id, parcel.amount.minor_units
    if sale.shipping_tax:
        yield "shipping_tax", "", settlement.shipping_tax.minor_units
    yield "total", "", settlement.total.minor_units
    yield from (("line", each.line_id, each.amount.minor_units) for each in settlement.claims)
    yield from (("extra", each.line_id, each.amount.minor_units) for each in settlement.extras)
    yield from (("fee", each.kind.value, each.amount.minor_units) for each in settlement.fees)
    for deduction in settlement.deductions:
        yield "deduction", f"{deduction.kind}/{deduction.source_id}", deduction.amount.minor_units
    for back in settlement.deductions_returned:
        yield "deduction_returned", f"{back.kind}/{back.source_id}", back.amount.minor_units
    yield from (("interest", each.payment_id, each.amount.minor_units) for each in settlement.interest)
    if settlement.overpaid:
        yield "overpaid", "", settlement.overpaid.minor_units
    if settlement.paid_after_all:
        yield "paid_after_all", "", settlement.paid_after_all.minor_units
    if settlement.lessened and settlement.lessened.owed:
        yield "owed", "", settlement.lessened.owed.minor_units
    released = settlement.lessened.released if settlement.lessened else ()
    yield from (("released", each.payment_id, each.amount.minor_units) for each in released)
    yield from (("payout", each.payment.payment_id, each.amount.minor_units) for each in settlement.payouts)
    for tender in settlement.payouts:
        if tender.converted is not None and tender.goes_to is not RefundTo.STORE_CREDIT:
            yield "converted", tender.payment.payment_id, tender.converted.minor_units
    if settlement.credit_bonus:
        yield "store_credit_bonus", "", settlement.credit_bonus.minor_units
    yield from _points(settlement.points, order)
    for coupon in (*settlement.coupons, *settlement.granted_coupons):
        yield "coupon", coupon.coupon_id, coupon.amount.minor_units
    yield from (("campaign", each.campaign_id, each.spend_after.minor_units) for each in settlement.campaigns)
    yield from (("exclusive_discount", each.discount_id, 0) for each in settlement.exclusive_discounts)
    yield from (("gift", each.line_id, each.value.minor_units) for each in settlement.gifts)
    if settlement.tier:
        last = settlement.tier.becomes if settlement.tier.falls_at else settlement.tier.after
        yield "tier", f"{settlement.tier.before or '–'} → {last or '–'}", 0


def _points(effect: PointsEffect, order: Order) -> Iterator[tuple[str, str, int]]:
    """Points are explained where the order spent or earned any."""
    assert order.points_spent or not effect.restored
    assert order.points_earned or not effect.clawed_back
    if order.points_spent:
        yield "points_restored", "", effect.restored
    if order.points_earned:
        yield "points_clawed_back", "", effect.clawed_back
    if effect.deducted or effect.forgiven:
        yield "points_shortfall", "", effect.deducted + effect.forgiven
