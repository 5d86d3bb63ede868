"""Points that must go back but are spent: a debt, off the refund, or let go; nothing is dropped silently (rule 20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import Reason
from domain.entitlements.points import PointsEffect
from domain.explain.explanations import Figure
from domain.money.point_worth import PointWorth
from domain.policy import PointsShortfall, PointValue, Policy
from domain.sale.orders import RewardKind
from domain.settlement.deductions import Deduction, DeductionKind
from tests.domain.builders import a_line, an_order, cny, points_worth, units
from tests.domain.campaign_builders import a_campaign, a_reward
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories

DEBT, DEDUCT, FORGIVE = PointsShortfall


def a_desk(shortfall: PointsShortfall, *, balance: int, point_value: PointValue = 1, price: int = 150_00) -> Desk:
    """An order that spent 50 points and earned 100, of a customer who has this balance."""
    order = an_order([a_line(2, price // 2)], [points_worth(5_00, points=50)], points_earned=100)
    return Desk(order, Policy(points_shortfall=shortfall, point_value=point_value), Shopper(points=balance))


def test_a_balance_of_30_with_100_earned_and_50_spent_ends_at_minus_20() -> None:
    settlement = a_desk(DEBT, balance=30).refund()

    assert settlement.points == PointsEffect(restored=50, clawed_back=100)
    assert 30 + settlement.points.net == -20
    assert (settlement.deductions, settlement.total) == ((), cny(145_00))


def test_or_the_20_are_deducted_at_the_value_of_a_point_and_the_balance_ends_at_zero() -> None:
    settlement = a_desk(DEDUCT, balance=30, point_value=5).refund()

    assert settlement.points == PointsEffect(50, 100, deducted=20)
    assert 30 + settlement.points.net == 0
    assert settlement.deductions == (Deduction(DeductionKind.POINTS_SHORTFALL, "", cny(1_00), cny(0)),)
    assert settlement.total == cny(144_00)


def test_in_a_currency_in_which_points_have_no_value_the_balance_goes_below_zero_instead() -> None:
    """Nothing is deducted for them there, and they are not let go either (rule 58)."""
    settlement = a_desk(DEDUCT, balance=30, point_value={"JPY": 20}).refund()
    in_another = a_desk(DEDUCT, balance=30, point_value={"JPY": 20, "CNY": 5}).refund()

    assert settlement.points == a_desk(DEBT, balance=30).refund().points
    assert (settlement.deductions, settlement.total) == ((), cny(145_00))
    assert in_another.total == cny(144_00)
    (why,) = (each for each in in_another.explanations if each.figure is Figure.DEDUCTION)
    assert {each.name: each.value for each in why.inputs if each.name.startswith("point")} == {
        "points": 20,
        "point_value": 5,
    }


def test_176_points_at_half_a_fen_are_worth_88_and_a_part_of_a_fen_is_the_customers() -> None:
    worth = PointWorth.written("CNY", "0.5")

    assert [worth.of(points) for points in (176, 177)] == [cny(88), cny(88)]
    assert PointWorth.written("CNY", "0.005").of(1_999) == cny(9)
    assert PointWorth.written("CNY", 5) == PointWorth.written("CNY", "5.0") == PointWorth("CNY", 5)


def test_a_ratio_is_floored_once_for_all_the_points_of_a_refund_and_explained() -> None:
    settlement = a_desk(DEDUCT, balance=31, point_value="0.5").refund()

    assert (settlement.points.deducted, settlement.total) == (19, cny(145_00 - 9))
    (why,) = (each for each in settlement.explanations if each.figure is Figure.DEDUCTION)
    inputs = {each.name: each.value for each in why.inputs}
    assert (inputs["point_value"], inputs["for_points"], inputs["points"], inputs["missing"]) == (1, 2, 19, 9)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6), st.integers(1, 10**6))
def test_what_parts_of_points_are_worth_never_exceeds_what_all_are(one: int, more: int, minor: int, for_: int) -> None:
    worth = PointWorth("CNY", minor, for_)

    parts = worth.of(one).minor_units + worth.of(more).minor_units
    assert parts <= worth.of(one + more).minor_units <= parts + 1


def test_or_they_are_let_go_and_recorded() -> None:
    settlement = a_desk(FORGIVE, balance=30).refund()

    assert settlement.points == PointsEffect(50, 100, forgiven=20)
    assert 30 + settlement.points.net == 0
    assert (settlement.deductions, settlement.total) == ((), cny(145_00))


@pytest.mark.parametrize("shortfall", PointsShortfall)
def test_a_balance_that_covers_it_exactly_is_not_short(shortfall: PointsShortfall) -> None:
    settlement = a_desk(shortfall, balance=50).refund()

    assert settlement.points == PointsEffect(50, 100)
    assert settlement.points.net == -50


def test_a_debt_from_before_is_nobodys_to_deduct_again() -> None:
    settlement = a_desk(DEDUCT, balance=-70).refund()

    assert settlement.points == PointsEffect(50, 100, deducted=50)
    assert settlement.points.net == 0


def test_what_is_restored_never_makes_up_for_more_than_is_taken_back() -> None:
    order = an_order([a_line(1, 100_00)], [points_worth(50_00, points=500)], points_earned=100)
    points = Desk(order, Policy(points_shortfall=DEDUCT), Shopper(points=-1_000)).refund().points

    assert (points, points.net) == (PointsEffect(500, 100), 400)


def test_a_part_of_the_order_is_short_of_its_part_only() -> None:
    desk = a_desk(FORGIVE, balance=10)

    assert [desk.refund(units("l1", 1)).points for _ in range(2)] == [
        PointsEffect(25, 50, forgiven=15),
        PointsEffect(25, 50, forgiven=25),
    ]


def test_a_shortfall_that_the_payout_cannot_cover_is_owed() -> None:
    settlement = a_desk(DEDUCT, balance=0, point_value=50, price=20_00).refund()

    assert settlement.deductions == (Deduction(DeductionKind.POINTS_SHORTFALL, "", cny(15_00), cny(10_00)),)


@pytest.mark.parametrize("shortfall", PointsShortfall)
def test_points_that_went_back_are_not_there_for_a_withdrawn_reward(shortfall: PointsShortfall) -> None:
    campaign = a_campaign(threshold=100_00, reward=40, kind=RewardKind.POINTS)
    shopper = Shopper([campaign], [a_reward(40, kind=RewardKind.POINTS)], points=60)
    order = an_order([a_line(1, 100_00)], points_earned=100)

    (taken,) = Desk(order, Policy(points_shortfall=shortfall), shopper).refund().take_backs

    assert (taken.taken_points, taken.missing) == (0, cny(40))


# For all orders, policies and histories


@given(desks(), histories())
def test_every_point_that_must_go_back_is_taken_deducted_or_let_go(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for points in (settlement.points for settlement in desk.settled.values()):
        assert points.clawed_back == points.from_balance + points.deducted + points.forgiven
        assert not points.deducted or desk.policy.points_shortfall is DEDUCT
        assert not points.forgiven or desk.policy.points_shortfall is FORGIVE


@given(desks())
def test_no_refund_puts_anyone_into_debt_unless_the_policy_says_so(desk: Desk) -> None:
    before = desk.customer.wallet.points

    points = desk.refund(reason=Reason.QUALITY_ISSUE).points

    after, whole = before + points.net, before + points.restored - points.clawed_back
    if desk.policy.points_shortfall_in(desk.order.currency) is DEBT or whole >= 0:
        assert after == whole
    else:
        assert after >= min(before, 0)
