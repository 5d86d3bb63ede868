"""A customer may have their money by bank transfer: which payments' shares go there (rule 54)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.explain.explanations import Figure, Phrase
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy
from domain.sale.payments import PaymentMethod
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, a_payment, an_order, cny, units
from tests.domain.refund_desk import Desk

# Where the money goes (rule 54)

TO_ACCOUNT = RefundTo.BANK_TRANSFER


def going(settlement: Settlement) -> Sequence[tuple[str, Money]]:
    return [(each.payment.payment_id, each.as_paid) for each in settlement.payouts if each.goes_to is TO_ACCOUNT]


def test_it_is_the_same_money_and_nothing_is_given_on_top() -> None:
    desk = Desk(an_order([a_line(2, 60_00)]), Policy(store_credit_bonus_bp=1_000))

    settlement = desk.refund(units("l1", 1), refund_to=TO_ACCOUNT)

    assert (settlement.total, going(settlement), settlement.credit_bonus) == (cny(60_00), [("card", cny(60_00))], None)
    (said,) = [each for each in settlement.explanations if each.figure is Figure.PAYOUT]
    assert (said.rule, said.phrase) == (54, Phrase.PAYOUT_TO_ACCOUNT)


@pytest.mark.parametrize("method", [PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT])
def test_gift_cards_and_store_credit_go_back_to_themselves_and_become_no_money(method: PaymentMethod) -> None:
    other = replace(a_payment("p2", 100_00), method=method)
    order = an_order([a_line(2, 100_00)], payments=[a_payment("p1", 100_00), other])

    assert going(Desk(order).refund(refund_to=TO_ACCOUNT)) == [("p1", cny(100_00))]


def test_what_was_paid_in_another_currency_is_transferred_in_that() -> None:
    payment = replace(a_payment("p1", 1_82, currency="USD"), order_amount=cny(12_96))
    desk = Desk(an_order([a_line(3, 4_32)], payments=[payment]))

    first, rest = desk.refund(units("l1", 1), refund_to=TO_ACCOUNT), desk.refund()

    assert going(first) == [("p1", Money("USD", 60))]
    assert rest.payouts[0].as_paid == Money("USD", 1_22)
    assert Figure.CONVERTED in [each.figure for each in first.explanations]
