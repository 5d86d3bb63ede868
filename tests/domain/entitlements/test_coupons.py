"""Coupons of the order come back once every unit is returned, and with the time they had left (rules 13, 14, 15)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.entitlements.coupons import CouponOutcome, extended
from domain.explain.explanations import Phrase
from domain.policy import CouponExpiry
from domain.sale.orders import DiscountSource, Order
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_coupon, a_line, an_order, money_only, on, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import histories, orders

REINSTATED, KEPT = CouponOutcome.REINSTATED, CouponOutcome.KEPT


def outcomes(settlement: Settlement) -> list[CouponOutcome]:
    return [effect.outcome for effect in settlement.coupons]


# When (rule 13)


def test_several_partial_returns_that_complete_the_order_reinstate_the_coupon() -> None:
    desk = Desk(an_order([a_line(2, 50_00), a_line(1, 30_00)], [a_coupon(10_00)]))

    parts = [desk.refund(units("l1", 1)), desk.refund(units("l2", 1)), desk.refund(units("l1", 1))]

    assert [outcomes(part) for part in parts] == [[KEPT], [KEPT], [REINSTATED]]


def test_a_code_with_several_uses_comes_back_once_more_and_says_so() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], [a_coupon(10_00)]), None, Shopper(counting_uses=["cpn-1"]))

    part, rest = desk.refund(units("l1", 1)), desk.refund(units("l1", 1))

    assert [outcomes(part), outcomes(rest)] == [[KEPT], [REINSTATED]]
    assert Phrase.COUPON_USE_REINSTATED in [each.phrase for each in rest.explanations]


def test_a_gift_that_is_kept_does_not_keep_the_coupon() -> None:
    desk = Desk(an_order([a_line(1, 50_00), a_line(1, 9_00, gift=True)], [a_coupon(10_00)]))

    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED]


def test_money_back_for_everything_is_not_a_return() -> None:
    desk = Desk(an_order([a_line(1, 50_00)], [a_coupon(10_00)]))

    assert outcomes(desk.refund(money_only("l1", 40_00))) == [KEPT]
    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED]


def test_a_unit_that_inspection_rejects_keeps_the_coupon() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], [a_coupon(10_00)]))

    assert outcomes(desk.settle(desk.request(), accepted={"l1": 1})) == [KEPT]
    assert outcomes(desk.refund()) == [REINSTATED]


def test_a_return_that_is_only_asked_for_does_not_complete_the_order() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], [a_coupon(10_00)]))
    desk.request(units("l1", 1))

    assert outcomes(desk.refund(units("l1", 1))) == [KEPT]


def test_every_coupon_of_the_order_comes_back() -> None:
    desk = Desk(an_order([a_line(1, 50_00)], [a_coupon(10_00, coupon_id="a"), a_coupon(5_00, coupon_id="b")]))

    assert [(each.coupon_id, each.outcome) for each in desk.refund().coupons] == [("a", REINSTATED), ("b", REINSTATED)]


def test_an_adjustment_that_is_settled_after_the_last_unit_came_back_finds_the_coupon_gone() -> None:
    desk = Desk(an_order([a_line(1, 50_00, gift=True)], [a_coupon(10_00, on_lines=["l1"])]))
    adjustment = desk.request(money_only("l1", 1))

    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED]
    assert outcomes(desk.settle(adjustment)) == []


@given(orders(), histories())
def test_a_coupon_comes_back_with_the_refund_that_returns_the_last_unit(order: Order, steps: list[Step]) -> None:
    seen: set[str] = set()

    def check_what_was_settled_last(desk: Desk) -> None:
        for refund_id in set(desk.settled) - seen:
            settlement, others = desk.settled[refund_id], [key for key in desk.settled if key != refund_id]
            assert set(outcomes(settlement)) <= {REINSTATED if settlement.completes_order else KEPT}
            back = {name for key in others for name in _reinstated_by(desk.settled[key])}
            assert {each.coupon_id for each in settlement.coupons} == set(order.names(DiscountSource.COUPON)) - back
        seen.update(desk.settled)

    desk = play(Desk(order), steps, after_each=check_what_was_settled_last)

    goods = desk.sale.counted_lines
    returned = {line.line_id: _units_settled(desk, line.line_id) for line in goods}
    is_whole = all(returned[line.line_id] == line.quantity for line in goods)
    assert desk.position.is_fully_returned() == is_whole


def _reinstated_by(settlement: Settlement) -> list[str]:
    return [each.coupon_id for each in settlement.coupons if each.outcome is REINSTATED]


def _units_settled(desk: Desk, line_id: str) -> int:
    claims = [claim for each in desk.settled.values() for claim in each.claims if claim.line_id == line_id]
    return sum(claim.units.count for claim in claims)


# For how long (rule 14)


def until(valid_until: datetime | None, policy: CouponExpiry = CouponExpiry.EXTEND) -> datetime | None:
    return extended(valid_until, policy, used_at=on(1, 3), refunded_at=on(10, 4))


def test_used_on_1_march_valid_until_31_march_refunded_on_10_april_is_valid_until_10_may() -> None:
    assert until(on(31, 3)) == on(10, 5)


def test_the_original_end_stays_where_the_policy_says_so() -> None:
    assert until(on(31, 3), CouponExpiry.ORIGINAL) == on(31, 3)


def test_what_lasts_until_the_end_of_the_year_9999_still_does() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    end = until(never)

    assert end is not None and end >= never and end.year == 9999


def test_what_has_no_end_gets_none() -> None:
    assert until(None) is None


moments = st.integers(-1_000, 1_000).map(lambda hours: on(1, 6) + timedelta(hours=hours))


@given(moments, moments, moments)
def test_the_customer_never_loses_time_whatever_the_clocks_of_shop_and_refund_say(
    valid_until: datetime, used_at: datetime, refunded_at: datetime
) -> None:
    end = extended(valid_until, CouponExpiry.EXTEND, used_at=used_at, refunded_at=refunded_at)

    assert end is not None
    assert end >= valid_until
    assert end - refunded_at >= valid_until - used_at
    assert end in (valid_until, refunded_at + (valid_until - used_at))
