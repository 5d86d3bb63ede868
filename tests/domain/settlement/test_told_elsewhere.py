"""What other systems of the merchant's are told of a settlement: of each kind, what it comes to."""

from dataclasses import replace

from domain.campaigns.campaigns import CampaignEffect, GrantedReward, RewardTakeBack
from domain.claims.stock import StockDisposition, StockPut
from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.elsewhere import (
    CampaignMoved,
    CampaignsMoved,
    CouponMove,
    CouponMoved,
    CouponsMoved,
    LineBack,
    PointsMoved,
    RewardTaken,
    StockLot,
    StockMoved,
    UnitsBack,
)
from domain.entitlements.grants import Grant, GrantEffect
from domain.money.amounts import Money
from domain.sale.measures import Measure
from domain.sale.orders import RewardKind
from domain.sale.units import Units
from domain.settlement.told_elsewhere import (
    StockOfLine,
    campaigns_moved,
    coupons_given_back,
    coupons_revoked,
    points_moved,
    stock_moved,
    units_back,
)
from tests.domain.builders import a_line, an_order, money_only, points_worth, units
from tests.domain.refund_desk import Desk


def test_points_restored_and_points_taken_are_told_apart() -> None:
    order = an_order([a_line(2, 60_00)], [points_worth(5_00, points=500)], points_earned=100)

    assert points_moved(Desk(order).refund()) == PointsMoved(500, 100)


def test_no_coupon_is_told_where_none_moves() -> None:
    settlement = Desk(an_order([a_line(2, 60_00)])).refund()

    assert coupons_given_back(settlement, []) is None
    assert coupons_revoked(settlement) is None


def test_a_coupon_that_is_usable_again_has_no_amount() -> None:
    settlement = Desk(an_order([a_line(2, 60_00)])).refund()

    told = coupons_given_back(settlement, ["cpn-100"])

    assert told == CouponsMoved((CouponMoved("cpn-100", CouponMove.REINSTATED, 0, "CNY"),))


def test_of_money_off_a_line_no_unit_is_back() -> None:
    settlement = Desk(an_order([a_line(2, 60_00), a_line(1, 40_00)])).refund(money_only("l1", 5_00), units("l2", 1))

    assert [claim.line_id for claim in settlement.claims_of_units] == ["l2"]


def test_no_campaigns_are_told_of_an_order_that_counts_for_none() -> None:
    told = campaigns_moved(Desk(an_order([a_line(2, 60_00)])).refund(units("l1", 1)))

    assert (told.currency, told.campaigns, told.rewards) == ("CNY", (), ())


def cny(amount: int) -> Money:
    return Money("CNY", amount)


def test_a_part_of_a_coupon_is_told_with_what_it_is_worth() -> None:
    part = CouponEffect("cpn-100", CouponOutcome.RESIDUAL, cny(50_00), issued_id="cpn_new")
    kept = CouponEffect("cpn-200", CouponOutcome.KEPT, cny(0))
    settlement = replace(Desk(an_order([a_line(2, 60_00)])).refund(), coupons=(part, kept))

    told = coupons_given_back(settlement, [])

    assert told == CouponsMoved((CouponMoved("cpn-100", CouponMove.RESIDUAL, 50_00, "CNY"),))


def test_of_what_the_order_granted_the_coupons_that_are_revoked_are_told() -> None:
    unused, used = (Grant(name, RewardKind.COUPON, cny(20_00), is_used=name == "used") for name in ("unused", "used"))
    grants = tuple(GrantEffect(each, is_withdrawn=True, taken=cny(0), missing=cny(0)) for each in (unused, used))
    settlement = replace(Desk(an_order([a_line(2, 60_00)])).refund(), grants=grants)

    assert coupons_revoked(settlement) == CouponsMoved((CouponMoved("unused", CouponMove.REVOKED, 0, "CNY"),))


def test_a_campaign_is_told_with_both_spends_and_each_reward_with_what_is_still_there() -> None:
    effect = CampaignEffect("c1", cny(120_00), cny(60_00), True, False, False, 20_00)
    of_points = GrantedReward(1, "c1", RewardKind.POINTS, cny(0), 300, None, is_spent=False)
    of_credit = GrantedReward(2, "c1", RewardKind.STORE_CREDIT, cny(20_00), 0, None, is_spent=False)
    coupon = GrantedReward(3, "c1", RewardKind.COUPON, cny(10_00), 0, "cpn-5", is_spent=False)
    plans = (
        RewardTakeBack(of_points, cny(0), 250, cny(50)),
        RewardTakeBack(of_credit, cny(20_00), 0, cny(0)),
        RewardTakeBack(coupon, cny(10_00), 0, cny(0)),
    )
    settlement = Desk(an_order([a_line(2, 60_00)])).refund()

    told = campaigns_moved(replace(settlement, campaigns=(effect,), take_backs=plans))

    assert told == CampaignsMoved(
        "CNY",
        (CampaignMoved("c1", 120_00, 60_00, True, False, False),),
        (
            RewardTaken("c1", "points", 250, None),
            RewardTaken("c1", "store_credit", 20_00, None),
            RewardTaken("c1", "coupon", 10_00, "cpn-5"),
        ),
    )


def test_each_accepted_unit_is_told_once_in_the_measure_of_its_line() -> None:
    kettles = (StockPut(2, StockDisposition.RESTOCK, "A-3"), StockPut(1, StockDisposition.DAMAGED))
    grapes = (StockPut(400, StockDisposition.DISCARD),)

    told = stock_moved(
        [
            StockOfLine("l1", "kettle", None, kettles, "dented"),
            StockOfLine("l2", "grapes", Measure("kg"), grapes, None),
        ]
    )

    assert told == StockMoved(
        (
            StockLot("l1", "kettle", "2", None, StockDisposition.RESTOCK, "A-3", "dented"),
            StockLot("l1", "kettle", "1", None, StockDisposition.DAMAGED, None, "dented"),
            StockLot("l2", "grapes", "0.4", "kg", StockDisposition.DISCARD, None, None),
        )
    )


def test_units_whose_sale_is_undone_are_told_by_line_and_money_alone_is_none() -> None:
    desk = Desk(an_order([a_line(3, 60_00), a_line(1, 20_00)]))

    told = units_back(desk.quote(units("l1", 2)), desk.order.lines)
    of_money = units_back(desk.quote(money_only("l1", 5_00)), desk.order.lines)

    assert told == UnitsBack((LineBack("l1", desk.order.lines[0].sku, "2", "2", "3", None),))
    assert of_money is None


def test_units_of_one_line_that_are_claimed_in_parts_are_told_together() -> None:
    desk = Desk(an_order([a_line(5, 60_00)]))
    settlement = desk.quote(units("l1", 3))
    [claim] = settlement.claims
    in_parts = replace(claim, units=Units(((0, 2),))), replace(claim, units=Units(((2, 3),)))

    told = units_back(replace(settlement, claims=in_parts), desk.order.lines)

    assert told == UnitsBack((LineBack("l1", desk.order.lines[0].sku, "3", "3", "5", None),))


def test_what_was_sold_by_weight_is_told_by_weight() -> None:
    desk = Desk(an_order([replace(a_line(1_500, 8), measure=Measure("kg"), unit_price=None, total=cny(120_00))]))

    told = units_back(desk.quote(units("l1", 400)), desk.order.lines)

    assert told == UnitsBack((LineBack("l1", desk.order.lines[0].sku, "0.4", "0.4", "1.5", "kg"),))


def test_where_nothing_was_accepted_no_stock_is_told() -> None:
    assert stock_moved([StockOfLine("l1", "kettle", None, (), None)]) is None
