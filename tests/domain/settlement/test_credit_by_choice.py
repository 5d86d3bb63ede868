"""A customer may choose store credit: what goes there, and what is given on top (rule 54)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.claims import ClaimState
from domain.claims.reasons import Reason
from domain.explain.explanations import Figure
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy, TenderOrder
from domain.sale.orders import Order
from domain.sale.payments import PaymentMethod
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, a_payment, an_order, cny, units
from tests.domain.checks import check_it_adds_up, check_nothing_exceeds_what_was_paid
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

# Credit by choice (rule 54)

TO_CREDIT = RefundTo.STORE_CREDIT
A_TENTH = Policy(store_credit_bonus_bp=1_000)


def by_card_and(method: PaymentMethod) -> Order:
    other = replace(a_payment("p2", 100_00), method=method)
    return an_order([a_line(2, 100_00)], payments=[a_payment("p1", 100_00), other])


def to_credit(settlement: Settlement) -> list[tuple[str, Money]]:
    chosen = [each for each in settlement.payouts if each.goes_to is TO_CREDIT]
    return [(each.payment.payment_id, each.amount) for each in chosen]


def test_what_was_paid_by_card_becomes_credit_with_the_bonus_on_top() -> None:
    settlement = Desk(an_order([a_line(2, 60_00)]), A_TENTH).refund(units("l1", 1), refund_to=TO_CREDIT)

    assert (settlement.total, to_credit(settlement)) == (cny(60_00), [("card", cny(60_00))])
    assert settlement.credit_bonus == cny(6_00)


def test_nobody_gets_a_bonus_who_does_not_choose_credit() -> None:
    settlement = Desk(an_order(), A_TENTH).refund()

    assert (to_credit(settlement), settlement.credit_bonus) == ([], None)


@pytest.mark.parametrize("method", [PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT])
def test_gift_cards_and_store_credit_go_back_to_themselves_without_a_bonus(method: PaymentMethod) -> None:
    settlement = Desk(by_card_and(method), A_TENTH).refund(refund_to=TO_CREDIT)

    assert (settlement.total, to_credit(settlement)) == (cny(200_00), [("p1", cny(100_00))])
    assert settlement.credit_bonus == cny(10_00)


@pytest.mark.parametrize("order", TenderOrder)
def test_of_two_payments_each_is_spread_as_the_policy_says(order: TenderOrder) -> None:
    policy = replace(A_TENTH, tender_order=order)
    asked, chosen = Desk(by_card_and(PaymentMethod.ALIPAY), policy), Desk(by_card_and(PaymentMethod.ALIPAY), policy)

    original, credit = asked.refund(units("l1", 1)), chosen.refund(units("l1", 1), refund_to=TO_CREDIT)

    assert to_credit(credit) == [(each.payment.payment_id, each.amount) for each in original.payouts]
    assert credit.credit_bonus == cny(10_00)


def test_what_was_paid_in_another_currency_is_credited_in_the_orders_and_used_up_in_its_own() -> None:
    payment = replace(a_payment("p1", 1_82, currency="USD"), order_amount=cny(12_96))
    desk = Desk(an_order([a_line(3, 4_32)], payments=[payment]))

    credit, money = desk.refund(units("l1", 1), refund_to=TO_CREDIT), desk.refund()

    assert [each.payouts[0].as_paid for each in (credit, money)] == [cny(4_32), Money("USD", 1_22)]
    assert Figure.CONVERTED not in [each.figure for each in credit.explanations]


def test_parts_never_get_more_on_top_than_the_whole() -> None:
    whole, parts = (Desk(an_order([a_line(3, 1_99)]), Policy(store_credit_bonus_bp=333)) for _ in range(2))

    at_once = whole.refund(refund_to=TO_CREDIT).credit_bonus_given
    one_by_one = [parts.refund(units("l1", 1), refund_to=TO_CREDIT).credit_bonus_given for _ in range(3)]

    assert (at_once, one_by_one) == (cny(19), [cny(6)] * 3)


def test_the_bonus_is_the_one_that_was_quoted_whatever_the_policy_says_later() -> None:
    desk = Desk(an_order(), A_TENTH)
    refund_id = desk.request(refund_to=TO_CREDIT)
    desk.policy = Policy(store_credit_bonus_bp=0)

    assert desk.settle(refund_id).credit_bonus == cny(10_00)


def test_a_bonus_of_less_than_a_minor_unit_is_none() -> None:
    settlement = Desk(an_order([a_line(1, 9)]), A_TENTH).refund(refund_to=TO_CREDIT)

    assert settlement.credit_bonus is None


def test_a_policy_always_allows_what_was_paid_to_go_back() -> None:
    strict = Policy(refund_to_allowed=())

    assert [each for each in RefundTo if strict.allows(each)] == [RefundTo.ORIGINAL]
    assert [each for each in RefundTo if Policy().allows(each)] == [RefundTo.ORIGINAL, RefundTo.STORE_CREDIT]


@given(desks(), histories())
def test_wherever_the_money_goes_it_is_the_same_money(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_nothing_exceeds_what_was_paid)
    for settlement in desk.settled.values():
        check_it_adds_up(settlement)

    here, there = _last_way(desk, RefundTo.ORIGINAL), _last_way(desk, TO_CREDIT)

    assert _but_for_the_choice(here) == _but_for_the_choice(there)
    assert not any(each.credit_bonus for each in here)


@given(desks(), histories())
def test_who_chooses_part_by_part_never_gets_more_on_top_than_the_rate_of_all_that_became_credit(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    for refund_id in desk.refunds_in(ClaimState.CLAIMED):
        desk.settle(refund_id)

    settled = list(desk.settled.values())
    credited = sum(amount.minor_units for each in settled for _, amount in to_credit(each))
    bonus = sum(each.credit_bonus_given.minor_units for each in settled)
    assert bonus <= credited * desk.policy.store_credit_bonus_bp // 10_000


def _last_way(desk: Desk, to: RefundTo) -> list[Settlement]:
    """What everything that is left would come to this way."""
    if not any(desk.position.line(line.line_id).free_units.count for line in desk.sale.lines):
        return []
    refund_id = desk.request(reason=Reason.MERCHANT_BREACH, refund_to=to)
    settlement = desk.settle(refund_id)
    desk.release(refund_id)
    return [settlement]


def _but_for_the_choice(settlements: Sequence[Settlement]) -> list[Settlement]:
    return [
        replace(
            each,
            payouts=tuple(replace(tender, goes_to=RefundTo.ORIGINAL) for tender in each.payouts),
            credit_bonus=None,
            explanations=(),
        )
        for each in settlements
    ]
