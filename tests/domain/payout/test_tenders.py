"""Which payments the money goes back to, and never more than each still has (rules 6 and 11)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.explain.explanations import Figure
from domain.money.amounts import Money
from domain.payout.tenders import Tender, spread
from domain.policy import Policy, TenderOrder
from domain.sale.payments import Payment, PaymentMethod
from tests.domain.builders import a_line, a_payment, an_order, cny, units
from tests.domain.refund_desk import Desk
from tests.domain.strategies import prices

Left = list[tuple[Payment, Money]]


def left_on(*amounts: int) -> Left:
    """Payments p1, p2, p3 with what is left on each; all captured more than that."""
    return [(a_payment(f"p{place}", left + 1_000_00), cny(left)) for place, left in enumerate(amounts, 1)]


def paid(tenders: tuple[Tender, ...]) -> dict[str, int]:
    return {tender.payment.payment_id: tender.amount.minor_units for tender in tenders}


def test_proportional_pays_each_by_what_is_left_on_it() -> None:
    assert paid(spread(cny(2_99), left_on(43_00, 14_00, 23_00), TenderOrder.PROPORTIONAL)) == {
        "p1": 1_61,
        "p2": 52,
        "p3": 86,
    }


def test_in_order_empties_one_payment_before_it_turns_to_the_next() -> None:
    assert paid(spread(cny(50_00), left_on(30_00, 40_00, 30_00), TenderOrder.IN_ORDER)) == {"p1": 30_00, "p2": 20_00}


def test_reverse_order_begins_with_the_last_payment() -> None:
    assert paid(spread(cny(50_00), left_on(30_00, 40_00, 30_00), TenderOrder.REVERSE_ORDER)) == {
        "p2": 20_00,
        "p3": 30_00,
    }


@pytest.mark.parametrize("order", TenderOrder)
def test_a_payment_with_nothing_left_gets_nothing(order: TenderOrder) -> None:
    assert paid(spread(cny(10_00), left_on(0, 10_00, 0), order)) == {"p2": 10_00}


@pytest.mark.parametrize("order", TenderOrder)
def test_an_order_that_was_paid_with_points_alone_pays_out_nothing(order: TenderOrder) -> None:
    assert spread(cny(0), [], order) == ()
    assert spread(cny(0), left_on(0), order) == ()


@pytest.mark.parametrize("order", TenderOrder)
def test_more_than_was_captured_is_never_paid_out(order: TenderOrder) -> None:
    with pytest.raises(ValueError, match="exceeds what is left on the payments"):
        spread(cny(30_01), left_on(10_00, 20_00), order)
    with pytest.raises(ValueError, match="exceeds what is left on the payments"):
        spread(cny(1), [], order)


@pytest.mark.parametrize(
    ("order", "shares"),
    [
        (TenderOrder.PROPORTIONAL, {"gift card": 20_00, "card": 30_00}),
        (TenderOrder.IN_ORDER, {"gift card": 40_00, "card": 10_00}),
        (TenderOrder.REVERSE_ORDER, {"card": 50_00}),
    ],
)
def test_a_refund_goes_to_the_payments_in_the_policys_order(order: TenderOrder, shares: dict[str, int]) -> None:
    both = [a_payment("gift card", 40_00), a_payment("card", 60_00)]
    desk = Desk(an_order([a_line(2, 50_00)], payments=both), Policy(tender_order=order))

    assert paid(desk.refund(units("l1", 1)).payouts) == shares


@pytest.mark.parametrize("order", TenderOrder)
def test_gift_card_and_store_credit_go_back_to_themselves(order: TenderOrder) -> None:
    payments = [
        a_payment("gift card", 30_00, method=PaymentMethod.GIFT_CARD),
        a_payment("credit", 20_00, method=PaymentMethod.STORE_CREDIT),
        a_payment("card", 50_00),
    ]
    desk = Desk(an_order([a_line(3, 30_00), a_line(1, 10_00)], payments=payments), Policy(tender_order=order))

    parts = [desk.refund(units("l1", 1)), desk.refund(units("l1", 1)), desk.refund()]

    tenders = [tender for part in parts for tender in part.payouts]
    for payment in payments:
        back = [tender.amount for tender in tenders if tender.payment == payment]
        assert Money.total(back, "CNY") == payment.amount


def test_proportional_goes_by_what_earlier_refunds_left_on_each_payment() -> None:
    both = [a_payment("gift card", 40_00), a_payment("card", 60_00)]
    desk = Desk(an_order([a_line(4, 25_00)], payments=both), Policy(tender_order=TenderOrder.IN_ORDER))
    desk.refund(units("l1", 1))
    desk.policy = Policy()

    assert paid(desk.refund(units("l1", 1)).payouts) == {"gift card": 5_00, "card": 20_00}


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (TenderOrder.IN_ORDER, {"p1": "min(5000 - 0, 3000) = 3000", "p2": "min(5000 - 3000, 4000) = 2000"}),
        (TenderOrder.REVERSE_ORDER, {"p3": "min(5000 - 0, 3000) = 3000", "p2": "min(5000 - 3000, 4000) = 2000"}),
        (
            TenderOrder.PROPORTIONAL,
            {
                "p1": "5000 * 3000 // 10000 + 0 = 1500",
                "p2": "5000 * 4000 // 10000 + 0 = 2000",
                "p3": "5000 * 3000 // 10000 + 0 = 1500",
            },
        ),
    ],
)
def test_every_payment_says_why_it_gets_its_share(order: TenderOrder, said: dict[str, str]) -> None:
    payments = [payment for payment, _ in left_on(30_00, 40_00, 30_00)]
    payments = [replace(payment, amount=payment.amount - cny(1_000_00)) for payment in payments]
    settlement = Desk(an_order([a_line(2, 50_00)], payments=payments), Policy(tender_order=order)).refund(
        units("l1", 1)
    )

    explained = [each for each in settlement.explanations if each.figure is Figure.PAYOUT]

    assert {each.subject: each.arithmetic for each in explained} == said
    assert {each.about for each in explained} == {"card"}


@st.composite
def payouts(draw: st.DrawFn) -> tuple[Money, Left]:
    left = left_on(*draw(st.lists(prices, max_size=4)))
    most = sum(amount.minor_units for _, amount in left)
    return cny(draw(st.integers(0, most) | st.just(most))), left


@given(payouts(), st.sampled_from(TenderOrder))
def test_the_shares_sum_to_the_payout_and_none_exceeds_what_is_left(
    payout: tuple[Money, Left], order: TenderOrder
) -> None:
    total, left = payout

    shares = paid(spread(total, left, order))

    assert sum(shares.values()) == total.minor_units
    assert 0 not in shares.values()
    assert all(shares.get(payment.payment_id, 0) <= amount.minor_units for payment, amount in left)


@given(payouts())
def test_in_order_no_payment_is_touched_before_the_earlier_ones_are_empty(payout: tuple[Money, Left]) -> None:
    total, left = payout
    forwards = paid(spread(total, left, TenderOrder.IN_ORDER))
    backwards = paid(spread(total, left[::-1], TenderOrder.REVERSE_ORDER))

    assert forwards == backwards
    places = [place for place, (payment, _) in enumerate(left) if payment.payment_id in forwards]
    for payment, amount in left[: max(places, default=0)]:
        assert forwards.get(payment.payment_id, 0) == amount.minor_units
