"""What the merchant keeps of a refund for a change of mind, agreed to beforehand (rule 9)."""

import pytest
from hypothesis import given

from domain.claims.reasons import Reason
from domain.policy import Policy
from domain.settlement.fees import Fee, FeeKind, is_lesser_condition
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_discount, a_line, an_order, cny, money_only, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

BOTH = Policy(restocking_fee_bp=1_500, return_shipping_fee=8_00)
CHANGED_MIND = Reason.CHANGED_MIND


def a_desk(policy: Policy = BOTH, *, paid: int = 100_00) -> Desk:
    return Desk(an_order([a_line(2, 100_00)], [a_discount(200_00 - 2 * paid)]), policy)


def returned(desk: Desk, *, lesser: int, reason: Reason = CHANGED_MIND) -> Settlement:
    refund = desk.request(units("l1", 2), reason=reason, goods_come_back=True)
    return desk.settle(refund, lesser={"l1": lesser})


def fees(settlement: Settlement) -> dict[str, int]:
    return {fee.kind: fee.amount.minor_units for fee in settlement.fees}


def test_nothing_is_charged_unless_the_merchant_says_so() -> None:
    assert returned(a_desk(Policy()), lesser=2).fees == ()


def test_15_percent_is_kept_of_the_units_in_a_lesser_condition_only() -> None:
    settlement = returned(a_desk(), lesser=1)

    assert fees(settlement) == {"restocking": 15_00, "return_shipping": 8_00}
    assert settlement.total == cny(177_00)


def test_goods_as_new_cost_only_the_way_back() -> None:
    assert fees(returned(a_desk(), lesser=0)) == {"restocking": 0, "return_shipping": 8_00}


def test_the_fee_is_of_what_the_goods_pay_back_and_not_of_their_price_before_discounts() -> None:
    assert fees(returned(a_desk(paid=33_33), lesser=1))["restocking"] == 5_00


# Amounts by currency (rules 9 and 58)


def test_the_way_back_costs_what_the_policy_says_for_the_currency_and_nothing_in_one_that_it_lacks() -> None:
    assert fees(returned(a_desk(Policy(return_shipping_fee={"CNY": 8_00, "JPY": 90})), lesser=0)) == {
        "return_shipping": 8_00
    }
    assert returned(a_desk(Policy(return_shipping_fee={"JPY": 90})), lesser=0).fees == ()


# For whose fault (rule 9)


@pytest.mark.parametrize("reason", [each for each in Reason if each is not CHANGED_MIND])
def test_what_is_the_merchants_fault_costs_nothing(reason: Reason) -> None:
    assert returned(a_desk(), lesser=2, reason=reason).fees == ()


def test_where_nothing_comes_back_there_is_nothing_to_charge_for() -> None:
    assert a_desk().quote(goods_come_back=False).fees == ()


def test_the_quote_says_the_least_and_the_most_that_it_can_cost() -> None:
    assert a_desk().quote(units("l1", 2), goods_come_back=True).fees == (
        Fee(FeeKind.RESTOCKING, amount=cny(0), at_most=cny(30_00)),
        Fee(FeeKind.RETURN_SHIPPING, amount=cny(8_00), at_most=cny(8_00)),
    )


def test_an_adjustment_is_not_restocked() -> None:
    (restocking, _) = a_desk().quote(money_only("l1", 50_00), goods_come_back=True).fees

    assert restocking.at_most == cny(0)


def test_no_more_units_are_lesser_than_are_accepted() -> None:
    assert fees(returned(a_desk(), lesser=3))["restocking"] == 30_00


def test_fees_take_what_is_due_and_no_more() -> None:
    settlement = returned(a_desk(Policy(restocking_fee_bp=1_000, return_shipping_fee=900_00)), lesser=2)

    assert fees(settlement) == {"restocking": 20_00, "return_shipping": 180_00}
    assert settlement.total == cny(0)


def test_a_fee_that_rose_after_the_customer_agreed_does_not_count() -> None:
    desk = a_desk()
    refund = desk.request(units("l1", 1), goods_come_back=True)
    desk.policy = Policy(restocking_fee_bp=9_000, return_shipping_fee=90_00)

    assert fees(desk.settle(refund, lesser={"l1": 1})) == {"restocking": 15_00, "return_shipping": 8_00}


def test_a_fee_that_fell_after_the_customer_agreed_does() -> None:
    desk = a_desk()
    refund = desk.request(units("l1", 1), goods_come_back=True)
    desk.policy = Policy(restocking_fee_bp=100, return_shipping_fee=0)

    assert fees(desk.settle(refund, lesser={"l1": 1})) == {"restocking": 1_00}


@pytest.mark.parametrize("disposition", [None, "", " ", "restock", " Resell ", "as new", "as-new", "UNOPENED"])
def test_what_can_be_sold_as_new_is_in_no_lesser_condition(disposition: str | None) -> None:
    assert not is_lesser_condition(disposition)


@pytest.mark.parametrize("disposition", ["damaged", "refurbish", "write_off"])
def test_anything_else_is(disposition: str) -> None:
    assert is_lesser_condition(disposition)


# For all orders, policies and histories


@given(desks(), histories())
def test_no_fee_exceeds_what_was_agreed_to_and_none_is_taken_for_the_merchants_fault(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    for refund_id, settlement in desk.settled.items():
        terms = desk.terms_of(refund_id)
        due, charged = settlement.goods + settlement.extras_paid + settlement.shipping, sum(fees(settlement).values())

        assert charged <= due.minor_units
        if terms.external is not None:  # what was kept back elsewhere is no fee of the policy's (rule 51)
            assert {fee.kind for fee in settlement.fees} <= {FeeKind.WITHHELD}
            continue
        assert not charged or (terms.chargeable(settlement.claims) and terms.goods_come_back)
        for fee in settlement.fees:
            assert fee.at_most.reaches(fee.amount)
