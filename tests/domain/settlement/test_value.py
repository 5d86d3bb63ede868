"""Value is neither lost nor made over everything a customer has, in whatever order refunds come (rule 44)."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.entitlements.grants import Grant, paid_for
from domain.policy import CouponOnPartial, PointsShortfall, Policy, PromotionRefund, TakeBack
from domain.sale.orders import Order, RewardKind
from tests.domain.builders import a_coupon, a_line, an_order, cny, units
from tests.domain.checks import minor_units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, desks_without_gifts, histories
from tests.domain.tapes import Tape
from tests.domain.wealth import change_of, due_of


@given(desks(), histories())
def test_what_the_order_granted_goes_back_once_and_whole_whatever_is_spent_and_refunded_meanwhile(
    desk: Desk, steps: list[Step]
) -> None:
    desk.policy = replace(desk.policy, granted_coupon_used=TakeBack.DEDUCT)
    play(desk, steps)
    desk.refund_all_that_is_left()

    undone = desk.position.undone()
    for grant in desk.shopper.grants:
        lines = [line for line in desk.sale.lines if line.line_id in grant.line_ids] or desk.sale.counted_lines
        if all(undone.get(line.line_id) == line.all_units for line in lines):
            assert _went_back(desk, grant) == _still_there(grant)
        assert 0 <= _went_back(desk, grant) <= _still_there(grant)


def _still_there(grant: Grant) -> int:
    """What ended unspent is gone already."""
    return (grant.value - (grant.ran_out or grant.value.like(0))).minor_units


def _went_back(desk: Desk, grant: Grant) -> int:
    effects = [(each, one) for one in desk.settled.values() for each in one.grants if _key(each.grant) == _key(grant)]
    taken = minor_units(
        amount
        for each, _ in effects
        for amount in (each.taken, each.missing, each.owed_by_another)
        if amount is not None
    )
    back = minor_units(
        amount for each, _ in effects for amount in (each.returned, each.no_longer_owed) if amount is not None
    )
    return taken - back + sum(each.grant.value.minor_units for each, _ in effects if each.is_revoked)


def _key(grant: Grant) -> tuple[str, RewardKind]:
    return grant.name, grant.kind


@given(desks(), histories())
def test_value_is_neither_lost_nor_made(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    granted = sum(_went_back(desk, grant) for grant in desk.shopper.grants if not grant.customer_id)
    assert change_of(desk) == due_of(desk) - granted


@given(desks(), histories())
def test_never_more_comes_back_than_was_paid_at_any_time(desk: Desk, steps: list[Step]) -> None:
    def check(desk: Desk) -> None:
        assert all(left.minor_units >= 0 for _, left in desk.position.payments_left)
        paid = minor_units(each.total for each in desk.settled.values())
        assert 0 <= paid <= desk.order.captured.minor_units

    play(desk, steps, after_each=check)


# The order of refunds


def _parts(tape: Tape, order: Order) -> list[list[LineRequest]]:
    """Share the units of an order out over two to four refunds."""
    count = tape.up_to(2) + 2
    parts: list[list[LineRequest]] = [[] for _ in range(count)]
    for line in (line for line in order.lines if line.is_unit):
        left = line.quantity
        for part in parts:
            here = min(tape.up_to(line.quantity), left)
            left -= here
            if here:
                part.append(LineRequest(line.line_id, here, None))
    return [part for part in parts if part]


def _promised(policy: Policy) -> Policy:
    """What the rules promise in any order: nothing is forgiven, no fee is charged, promotions are pro-rated.

    A part of a minor unit is let go with each deduction for points, so points are worth whole ones.
    """
    return replace(
        policy,
        promotion_refund=PromotionRefund.PRORATE,
        coupon_on_partial=CouponOnPartial.FULL_ONLY,
        granted_coupon_used=TakeBack.DEDUCT,
        point_value=2,
        points_shortfall=PointsShortfall.DEDUCT_FROM_REFUND
        if policy.points_shortfall is PointsShortfall.FORGIVE
        else policy.points_shortfall,
    )


@given(desks_without_gifts(), st.binary(min_size=40, max_size=40))
def test_several_refunds_come_to_the_same_in_any_order(desk: Desk, numbers: bytes) -> None:
    policy, parts = _promised(desk.policy), _parts(Tape(numbers), desk.order)

    changes: set[Fraction] = set()
    for turn in list(permutations(parts))[:6]:
        one = Desk(desk.order, policy, desk.shopper)
        for lines in turn:
            one.refund(*lines, reason=Reason.QUALITY_ISSUE)
        changes.add(change_of(one))

    assert len(changes) == 1


@st.composite
def turns(draw: st.DrawFn) -> list[str]:
    """In which order the units of two orders are returned, one at a time."""
    return draw(st.permutations(["granting"] * draw(st.integers(1, 4)) + ["using"] * draw(st.integers(1, 4))))


@given(
    st.lists(st.sampled_from([0, 1, 60_00, 90_00]), min_size=4, max_size=4).filter(any),
    st.integers(1, 90_00),
    st.integers(0, 90_00),
    st.none() | st.integers(0, 90_00),
    turns(),
)
def test_a_coupon_that_one_order_granted_and_another_used_is_worth_the_same_in_any_order_of_refunds(
    prices: list[int], using_price: int, took_off: int, face: int | None, turn: list[str]
) -> None:
    """Whatever it took off, less or more than it is worth by itself, and whatever the lines cost it was granted for."""
    quantity = turn.count("using")
    took_off = min(took_off, using_price * quantity)
    worth = took_off if face is None else face
    using = Desk(an_order([a_line(quantity, using_price)], [a_coupon(took_off, coupon_id="welcome")]))
    granting = Desk(an_order([a_line(1, price) for price in prices[: turn.count("granting")]]))
    lines = iter(granting.sale.lines)

    came_back = 0
    for which in turn:
        is_used = not using.position.is_fully_returned() or _residual_of(using) is not None
        granting.shopper = Shopper(
            grants=[Grant("welcome", RewardKind.COUPON, cny(took_off if is_used else worth), is_used)]
        )
        using.shopper = Shopper(paid_for=_paid_for(granting, worth))
        if which == "using":
            settlement = using.refund(units("l1", 1))
        else:
            settlement = granting.refund(units(next(lines).line_id, 1))
        came_back += settlement.total.minor_units - minor_units(each.owed for each in settlement.deductions)
        came_back += minor_units(each.owed for each in settlement.deductions_returned)

    paid = granting.order.captured.minor_units + using.order.captured.minor_units
    assert came_back + _usable(granting, using, worth) == paid


def _paid_for(granting: Desk, worth: int) -> dict[str, int]:
    paid = paid_for([each for refund in granting.position.refunds for each in refund.grants])
    return {} if paid is None or paid == cny(worth) else {"welcome": paid.minor_units}


def _residual_of(using: Desk) -> int | None:
    residuals = [worth for each in using.settled.values() for _, worth in each.residuals]
    return minor_units(residuals) if residuals else None


def _usable(granting: Desk, using: Desk, worth: int) -> int:
    """What the customer can still use: the coupon itself, or the one that they got in its place."""
    residual = _residual_of(using)
    if residual is not None:
        return residual
    effects = [each for one in granting.settled.values() for each in one.grants]
    is_gone = any(each.is_withdrawn and not each.stays_the_customers for each in effects)
    return 0 if is_gone else worth
