"""Shipping comes back parcel by parcel, or in part where a merchant says so (rules 8 and 49)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingDecision
from domain.explain.explanations import Figure
from domain.explain.messages import Catalogue
from domain.explain.sentences import sentence
from domain.policy import Policy, ShippingRefund
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import DiscountTarget
from domain.sale.shipments import Shipment
from domain.settlement.settlement import Settlement, Terms
from domain.settlement.shipping import refuse_too_much_shipping, shipping_back
from tests.domain.builders import a_line, a_parcel, a_shipping_discount, an_order, cny, points_worth, units
from tests.domain.checks import minor_units
from tests.domain.languages import LANGUAGES
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.strategies import desks, histories

FAULT = Reason.QUALITY_ISSUE
S1 = a_parcel("s1", {"l1": 2}, delivered=3, amount=6_00, tax=90)
S2 = a_parcel("s2", {"l1": 1, "l2": 1}, delivered=4, amount=4_00, tax=70)


def sent(*parcels: Shipment, shipping: int = 10_00, policy: Policy | None = None) -> Desk:
    order = an_order([a_line(3, 50_00), a_line(1, 30_00)], shipping=shipping, shipping_tax=1_60)
    return Desk(replace(order, shipments=parcels), policy)


def shares(settlement: Settlement) -> dict[str, int]:
    return {each.shipment_id: each.amount.minor_units for each in settlement.shipping_parts if each.amount}


def test_a_parcel_that_comes_back_whole_brings_what_sending_it_cost() -> None:
    desk = sent(S1, S2)

    one, whole, rest = (desk.refund(units("l1", quantity)) for quantity in (1, 1, 1))
    last = desk.refund(units("l2", 1))

    assert [shares(each) for each in (one, whole, rest, last)] == [{}, {"s1": 6_00}, {}, {"s2": 4_00}]
    assert (whole.shipping_tax, last.shipping_tax) == (cny(90), cny(70))


def test_at_the_merchants_fault_each_parcels_shipping_comes_with_its_first_unit() -> None:
    desk = sent(S1, S2)

    parts = [desk.refund(units(*asked), reason=FAULT) for asked in (("l1", 1), ("l1", 1), ("l2", 1))]

    assert [shares(each) for each in parts] == [{"s1": 6_00}, {}, {"s2": 4_00}]


def test_what_is_in_no_parcel_yet_has_the_rest_of_the_shipping() -> None:
    desk = sent(S1)

    assert [part.shipment_id for part in desk.quote().shipping_parts] == ["s1", ""]
    assert shares(desk.refund(units("l2", 1), reason=FAULT)) == {"": 4_00}


def test_a_parcel_of_which_nobody_says_what_it_cost_brings_nothing() -> None:
    desk = sent(S1, replace(S2, amount=None, tax=None))

    assert shares(desk.quote(reason=FAULT)) == {"s1": 6_00, "": 4_00}


def test_where_nobody_says_what_parcels_cost_the_shipping_comes_back_with_the_order() -> None:
    apart = [replace(each, amount=None, tax=None) for each in (S1, S2)]
    desk, at_once = sent(*apart), sent()

    for asked in (units("l1", 2), units("l1", 1), units("l2", 1)):
        by_parcel, whole = desk.refund(asked), at_once.refund(asked)
        assert (by_parcel.shipping, by_parcel.shipping_parts) == (whole.shipping, ())
    assert whole.shipping == cny(10_00)


def test_a_parcel_without_a_reason_to_bring_its_shipping_back_brings_none() -> None:
    never = Policy(shipping_refund=dict.fromkeys(Reason, ShippingRefund.NEVER))

    (s1, s2) = sent(S1, S2, policy=never).refund(units("l1", 2)).shipping_parts

    assert (s1.decision, s2.decision) == (ShippingDecision.NEVER, ShippingDecision.OTHER_PARCEL)


def test_what_a_lost_dispute_took_of_sending_a_parcel_is_due_when_it_is_won_with_what_came_back_of_it() -> None:
    rules = dict.fromkeys(Reason, ShippingRefund.ALWAYS) | {Reason.CHANGED_MIND: ShippingRefund.NEVER}
    kind, strict = sent(S1, S2), sent(S1, S2, policy=Policy(shipping_refund=rules))

    for desk in (kind, strict):
        desk.lose_dispute("card", cny(190_00))
        assert desk.refund(units("l1", 1), reason=FAULT).shipping == cny(0)
        desk.release(desk.losses[-1])
        assert due_of_sending(desk) == {"s1": 6_00}
        desk.refund(units("l1", 2), units("l2", 1), reason=Reason.CHANGED_MIND)

    assert (due_of_sending(kind), due_of_sending(strict)) == ({}, {"s1": 6_00})


def test_what_a_lost_dispute_took_of_sending_is_due_when_it_is_won_after_all_came_back() -> None:
    desk = sent(S1, S2)
    desk.lose_dispute("card", cny(190_00))
    desk.refund(units("l1", 3), units("l2", 1), reason=Reason.CHANGED_MIND)
    desk.release(desk.losses[-1])

    assert due_of_sending(desk) == {"s1": 6_00, "s2": 4_00}


def due_of_sending(desk: Desk) -> dict[str, int]:
    """What a refund of what was paid less would bring of the shipping, by parcel."""
    shipments = desk.order.shipments
    terms = Terms(Reason.MERCHANT_BREACH, True, NOW, shipments=shipments, paid_less=True)
    back = shipping_back(desk.position, (), terms, desk.policy)
    return {each.shipment_id: each.amount.minor_units for each in back if each.amount}


def test_the_refund_that_completes_the_order_brings_all_that_is_left() -> None:
    never = Policy(shipping_refund=dict.fromkeys(Reason, ShippingRefund.FULL_RETURN) | {FAULT: ShippingRefund.NEVER})
    desk = sent(S1, S2, policy=never)
    desk.refund(units("l1", 2), reason=FAULT)

    assert shares(desk.refund()) == {"s1": 6_00, "s2": 4_00}


def test_a_discount_on_shipping_is_shared_by_what_parcels_cost_and_so_are_taxes_that_nobody_tells_apart() -> None:
    apart = [replace(each, tax=None) for each in (S1, S2)]
    order = an_order([a_line(3, 50_00), a_line(1, 30_00)], [a_shipping_discount(5_00)], shipping=10_00, shipping_tax=80)

    settlement = Desk(replace(order, shipments=tuple(apart))).refund(units("l1", 2), reason=FAULT)

    assert (settlement.shipping, settlement.shipping_tax) == (cny(3_00), cny(48))


def test_points_that_paid_for_shipping_come_back_with_their_parcels() -> None:
    on_shipping = replace(points_worth(5_00, points=501), target=DiscountTarget.SHIPPING)
    order = an_order([a_line(3, 50_00), a_line(1, 30_00)], [on_shipping], shipping=10_00)
    desk = Desk(replace(order, shipments=tuple(replace(each, tax=None) for each in (S1, S2))))

    parts = [desk.refund(units("l1", 2)), desk.refund_shipping(cny(2_00)), desk.refund()]

    assert [each.shipping for each in parts] == [cny(3_00), cny(2_00), cny(0)]
    assert [each.points.restored for each in parts] == [301, 0, 200]
    assert [part.points for part in parts[-1].shipping_parts] == [0, 200]


def test_a_parcel_of_gifts_alone_comes_back_with_the_gifts() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 9_00, gift=True)], shipping=10_00)
    parcels = (a_parcel("s1", {"l1": 1}, amount=6_00), a_parcel("s2", {"l2": 1}, amount=4_00))

    assert shares(Desk(replace(order, shipments=parcels)).refund(units("l2", 1))) == {"s2": 4_00}


def test_a_gift_that_is_kept_does_not_keep_its_parcels_shipping() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 9_00, gift=True), a_line(1, 30_00)], shipping=10_00)
    parcels = (a_parcel("s1", {"l1": 1, "l2": 1}, amount=6_00), a_parcel("s2", {"l3": 1}, amount=4_00))

    assert shares(Desk(replace(order, shipments=parcels)).refund(units("l1", 1))) == {"s1": 6_00}


def test_points_that_paid_for_shipping_come_back_once_however_parcels_are_called_later() -> None:
    on_shipping = replace(points_worth(5_00, points=501), target=DiscountTarget.SHIPPING)
    order = an_order([a_line(3, 50_00), a_line(1, 30_00)], [on_shipping], shipping=10_00)
    first, second = (replace(each, tax=None) for each in (S1, S2))
    desk = Desk(replace(order, shipments=(first, second)))
    before = desk.refund(units("l1", 2))
    desk.order = replace(desk.order, shipments=(replace(first, shipment_id="s3"), second))

    assert (before.points.restored, desk.refund().points.restored) == (301, 200)


# In part


def test_a_merchant_gives_back_a_part_of_the_shipping_and_the_rest_comes_later() -> None:
    desk = sent()

    parts = [desk.refund_shipping(cny(3_33)), desk.refund(units("l2", 1), shipping_amount=cny(2_00))]
    rest = desk.refund()

    assert [(each.shipping, each.shipping_tax) for each in (*parts, rest)] == [
        (cny(3_33), cny(53)),
        (cny(2_00), cny(32)),
        (cny(4_67), cny(75)),
    ]


def test_a_part_is_of_the_parcels_that_come_back_first() -> None:
    desk = sent(S1, S2)

    given = desk.refund(units("l2", 1), shipping_amount=cny(5_00))
    rest = desk.refund()

    assert (shares(given), shares(rest)) == ({"s1": 1_00, "s2": 4_00}, {"s1": 5_00})
    assert given.shipping_tax + rest.shipping_tax == cny(1_60)


def test_what_was_given_of_a_parcel_had_its_share_of_the_parcels_tax() -> None:
    desk = sent(S1, S2)

    given = desk.refund(units("l1", 1), shipping_amount=cny(3_00))
    rest = desk.refund(units("l1", 1))

    assert [(each.shipping, each.shipping_tax) for each in (given, rest)] == [(cny(3_00), cny(45))] * 2


def test_no_shipping_at_all_is_a_part_too() -> None:
    desk = sent()

    assert desk.refund(reason=FAULT, shipping_amount=cny(0)).shipping == cny(0)
    assert desk.refund_shipping(cny(10_00)).shipping_tax == cny(1_60)


def test_the_tax_that_is_left_is_never_more_than_the_shipping_that_is_left() -> None:
    desk = Desk(an_order([a_line()], shipping=10, shipping_tax=4))

    taxes = [desk.refund_shipping(cny(1)).shipping_tax.minor_units for _ in range(10)]

    assert taxes == [0] * 6 + [1] * 4


def test_tax_of_shipping_that_was_free_is_given_to_nobody() -> None:
    desk = Desk(an_order([a_line()], [a_shipping_discount(12_00)], shipping=12_00, shipping_tax=1_00))

    assert desk.refund(shipping_amount=cny(0)).shipping_tax == cny(0)


def test_more_than_is_left_over_all_refunds_is_refused_and_what_went_meanwhile_is_not_paid_twice() -> None:
    desk = sent()
    waiting = desk.request_shipping(cny(8_00))
    desk.refund_shipping(cny(7_00))

    assert desk.settle(waiting).shipping == cny(3_00)
    refuse_too_much_shipping(desk.position, cny(0))
    with pytest.raises(RefundRejected, match="shipping_amount 1 asked for, 0 left of the shipping") as refused:
        refuse_too_much_shipping(desk.position, cny(1))
    assert refused.value.code is Refusal.AMOUNT_NOT_AVAILABLE


def test_parcels_that_are_told_apart_later_have_what_is_left() -> None:
    desk = sent()
    desk.refund_shipping(cny(7_00))
    desk.order = replace(desk.order, shipments=(S1, S2))

    parts = [desk.refund(units("l1", 2)), desk.refund()]

    assert [shares(each) for each in parts] == [{"s1": 3_00}, {}]
    assert [each.shipping_tax for each in parts] == [cny(48), cny(0)]


# Said


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            [
                "¥6.00 for sending parcel 1: it comes back because all of the parcel does.",
                "Nothing for sending parcel 2: it comes back when all of the parcel does.",
                "¥6.00 shipping: ¥6.00 for parcel 1.",
            ],
        ),
        (
            "zh-CN",
            [
                "第 1 个包裹的运费 ¥6.00：该包裹全部退货，一并退还。",
                "不含第 2 个包裹的运费：该包裹全部退货时退还。",
                "运费 ¥6.00：第 1 个包裹 ¥6.00。",
            ],
        ),
    ],
)
def test_each_parcels_shipping_is_explained(locale: str, said: list[str]) -> None:
    settlement = sent(S1, S2).quote(units("l1", 3))

    about = (Figure.SHIPMENT, Figure.SHIPPING)
    explained = [each for each in settlement.explanations if each.figure in about]

    assert [sentence(each, Catalogue(LANGUAGES).phrases(locale)) for each in explained] == said
    assert explained[0].arithmetic == "min(max(600 - 0, 0), 1000) = 600"


# For all orders and histories


def _of(desk: Desk, shipment_id: str) -> list[tuple[int, int]]:
    parts = [part for each in desk.settled.values() for part in each.shipping_parts if part.shipment_id == shipment_id]
    return [(part.amount.minor_units, part.tax.minor_units) for part in parts]


@given(desks(), histories())
def test_no_parcel_brings_back_more_than_sending_it_cost_and_the_parts_come_to_the_whole(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for settlement in desk.settled.values():
        if parts := settlement.shipping_parts:
            assert minor_units(part.amount for part in parts) == settlement.shipping.minor_units
            assert minor_units(part.tax for part in parts) == settlement.shipping_tax.minor_units
            assert all(part.amount.minor_units >= 0 and part.tax.minor_units >= 0 for part in parts)
    for shipment in desk.order.shipments:
        if shipment.amount is not None:
            most = max(shipment.amount.minor_units, *_cost_before(desk, shipment.shipment_id))
            assert sum(amount for amount, _ in _of(desk, shipment.shipment_id)) <= most


def _cost_before(desk: Desk, shipment_id: str) -> list[int]:
    """What sending it cost when refunds were asked for: an order that changes later changes nothing for them."""
    known = (each for refund_id in desk.settled for each in desk.terms_of(refund_id).shipments)
    return [0, *(each.amount.minor_units for each in known if each.amount and each.shipment_id == shipment_id)]


@given(desks(), histories())
def test_all_that_is_given_back_of_the_shipping_in_the_end_has_all_of_its_tax(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()
    if desk.position.shipping_left:
        desk.refund_shipping()

    shipping = minor_units(each.shipping for each in desk.settled.values())
    tax = minor_units(each.shipping_tax for each in desk.settled.values())

    assert shipping == desk.sale.shipping_paid.minor_units
    if shipping:
        assert tax == desk.sale.shipping_tax.minor_units
