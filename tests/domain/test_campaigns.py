"""Standing in a campaign comes from all of a customer's orders; rewards no longer earned go (rules 21 to 24)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns import (
    Campaign,
    CampaignEffect,
    Purchase,
    Standing,
    Wallet,
    is_participation_restored,
    standing,
    take_back,
)
from domain.money import Money
from domain.orders import RewardKind
from domain.settlement import Settlement
from tests.domain.builders import (
    a_campaign,
    a_first_purchase_offer,
    a_line,
    a_purchase,
    a_reward,
    an_order,
    cny,
    jpy,
    money_only,
    on,
    units,
)
from tests.domain.refund_desk import Desk, Shopper
from tests.domain.strategies import prices


def stands(campaign: Campaign, *purchases: Purchase, currency: str = "CNY") -> Standing:
    return standing(campaign, purchases, currency)


# Spend (rule 21)


def test_a_threshold_is_met_by_exactly_its_amount() -> None:
    assert stands(a_campaign(), a_purchase(1000_00)) == Standing(cny(1000_00), is_qualified=True, rewards_due=1)
    assert stands(a_campaign(), a_purchase(999_99)) == Standing(cny(999_99), is_qualified=False, rewards_due=0)


def test_spend_is_counted_over_all_orders_less_refunds() -> None:
    assert stands(a_campaign(), a_purchase(700_00), a_purchase(500_00, refunded=200_00)).spend == cny(1000_00)


@pytest.mark.parametrize(
    ("day", "month", "hour", "counts"), [(1, 11, 0, 1), (30, 11, 0, 1), (31, 10, 23, 0), (30, 11, 1, 0)]
)
def test_only_orders_paid_in_the_window_count_both_ends_included(day: int, month: int, hour: int, counts: int) -> None:
    purchase = a_purchase(500_00, paid_at=on(day, month, hour))

    assert stands(a_campaign(), purchase).spend == cny(500_00 * counts)


def test_a_campaign_without_a_reward_owes_none() -> None:
    assert stands(a_campaign(reward=0), a_purchase(1000_00)).rewards_due == 0


def test_without_a_currency_each_currency_is_counted_for_itself() -> None:
    bought = a_purchase(1000_00), a_purchase(jpy(1_000))

    assert stands(a_campaign(), *bought).spend == cny(1000_00)
    assert stands(a_campaign(), *bought, currency="JPY").spend == jpy(1_000)


def test_with_a_currency_no_other_counts() -> None:
    campaign = a_campaign(currency="CNY", threshold=1)

    assert stands(campaign, a_purchase(jpy(1_000)), currency="JPY") == Standing(jpy(0), False, 0)
    assert stands(campaign, a_purchase(1000_00)).is_qualified


def test_nobody_who_has_bought_nothing_is_qualified() -> None:
    assert stands(a_campaign()) == Standing(cny(0), False, 0)


# First purchases (rules 21 and 23)


def test_a_first_purchase_offer_is_open_until_the_first_paid_order() -> None:
    assert stands(a_first_purchase_offer()).is_qualified
    assert not stands(a_first_purchase_offer(), a_purchase(1)).is_qualified


def test_a_first_purchase_outside_the_window_or_in_another_currency_uses_the_offer_up_too() -> None:
    assert not stands(a_first_purchase_offer(), a_purchase(1, paid_at=on(1, 1))).is_qualified
    assert not stands(a_first_purchase_offer(), a_purchase(jpy(1))).is_qualified


def test_the_offer_is_open_again_when_no_unreturned_order_is_left() -> None:
    returned, kept = a_purchase(50_00, returned=True), a_purchase(50_00, refunded=20_00)

    assert stands(a_first_purchase_offer(), returned, returned) == Standing(cny(100_00), True, 0)
    assert not stands(a_first_purchase_offer(), returned, kept).is_qualified


def test_an_offer_that_is_not_restored_on_refund_stays_used_up() -> None:
    offer = a_first_purchase_offer(restore_on_refund=False)

    assert stands(offer).is_qualified
    assert not stands(offer, a_purchase(50_00, returned=True)).is_qualified


# Two refunds at once (rule 24)

purchases = st.lists(
    st.builds(
        lambda currency, paid, percent, day, returned: Purchase(
            f"o{paid}", on(day), Money(currency, paid), Money(currency, paid * percent // 100), returned
        ),
        st.sampled_from(["CNY", "JPY"]),
        prices,
        st.integers(0, 100),
        st.integers(1, 30),
        st.booleans(),
    ),
    max_size=6,
)
campaigns = st.sampled_from(
    [a_campaign(threshold=500_00), a_campaign(currency="JPY", threshold=1), a_first_purchase_offer()]
)


@given(campaigns, purchases, st.data())
def test_standing_depends_on_what_was_bought_and_not_on_the_order_of_it(
    campaign: Campaign, bought: list[Purchase], data: st.DataObject
) -> None:
    another_order = data.draw(st.permutations(bought))

    assert stands(campaign, *another_order) == stands(campaign, *bought)


@given(purchases, prices)
def test_a_refund_never_lifts_anyone_over_a_threshold(bought: list[Purchase], threshold: int) -> None:
    campaign = a_campaign(threshold=threshold)
    refunded = [replace(each, goods_refunded=each.goods_paid) for each in bought]

    before, after = stands(campaign, *bought), stands(campaign, *refunded)

    assert after.spend.minor_units == 0
    assert after.rewards_due <= before.rewards_due


# Taking rewards back (rule 23)

POINT_VALUE = cny(2)


def a_wallet(points: int = 0, store_credit: int = 0) -> Wallet:
    return Wallet(points, cny(store_credit))


def test_unspent_store_credit_is_taken_and_the_rest_is_missing() -> None:
    (taken,), wallet = take_back([a_reward(200_00)], a_wallet(store_credit=150_00), POINT_VALUE)

    assert (taken.taken, taken.missing) == (cny(150_00), cny(50_00))
    assert wallet == a_wallet(store_credit=0)


def test_an_unused_coupon_is_taken_whole_and_a_used_one_is_missing_whole() -> None:
    coupon = a_reward(200_00, kind=RewardKind.COUPON)
    rewards = [coupon, replace(coupon, is_spent=True)]

    (unused, used), wallet = take_back(rewards, a_wallet(store_credit=500_00), POINT_VALUE)

    assert (unused.taken, unused.missing) == (cny(200_00), cny(0))
    assert (used.taken, used.missing) == (cny(0), cny(200_00))
    assert wallet == a_wallet(store_credit=500_00)


def test_missing_points_are_missing_at_their_value() -> None:
    (taken,), wallet = take_back([a_reward(300, kind=RewardKind.POINTS)], a_wallet(points=100), POINT_VALUE)

    assert (taken.taken_points, taken.missing) == (100, cny(400))
    assert wallet == a_wallet(points=0)


def test_a_balance_below_zero_has_nothing_to_take() -> None:
    rewards = [a_reward(200_00), a_reward(300, kind=RewardKind.POINTS)]

    (credit, points), wallet = take_back(rewards, a_wallet(points=-50, store_credit=-10_00), POINT_VALUE)

    assert (credit.taken, credit.missing) == (cny(0), cny(200_00))
    assert (points.taken_points, points.missing) == (0, cny(600))
    assert wallet == a_wallet(points=-50, store_credit=-10_00)


def test_two_rewards_are_taken_from_one_purse_one_after_the_other() -> None:
    rewards = [
        a_reward(200_00),
        a_reward(100_00),
        a_reward(80, kind=RewardKind.POINTS),
        a_reward(80, kind=RewardKind.POINTS),
    ]

    taken, wallet = take_back(rewards, a_wallet(points=100, store_credit=250_00), POINT_VALUE)

    assert [each.missing for each in taken] == [cny(0), cny(50_00), cny(0), cny(120)]
    assert wallet == a_wallet()


# What a refund does to campaigns (rule 23)


def a_desk_that_sold(
    *amounts: int, campaign: Campaign | None = None, others: tuple[Purchase, ...] = (), rewards: int = 1
) -> Desk:
    """Lines of these prices, sold to a customer who holds so many rewards and still has all of them."""
    held = [a_reward(200_00, reward_id=number) for number in range(1, rewards + 1)]
    shopper = Shopper([campaign or a_campaign()], held, others, store_credit=200_00 * rewards)
    return Desk(an_order([a_line(1, amount) for amount in amounts], shipping=20_00), shopper=shopper)


def only_effect(settlement: Settlement) -> CampaignEffect:
    (effect,) = settlement.campaigns
    return effect


def test_1200_spent_and_200_refunded_confirms_the_participation() -> None:
    settlement = a_desk_that_sold(1000_00, 200_00).refund(units("l2", 1))

    assert only_effect(settlement) == CampaignEffect("spend-1000", cny(1200_00), cny(1000_00), True, True, True, 0)
    assert settlement.take_backs == ()
    assert settlement.total == cny(200_00)


def test_1200_spent_and_1000_refunded_withdraws_the_reward() -> None:
    settlement = a_desk_that_sold(200_00, 1000_00).refund(units("l2", 1))

    assert only_effect(settlement) == CampaignEffect(
        "spend-1000", cny(1200_00), cny(200_00), True, False, False, 200_00
    )
    assert settlement.total == cny(1000_00)


def test_a_money_only_adjustment_lowers_the_spend_and_shipping_does_not() -> None:
    desk = a_desk_that_sold(1000_00)

    assert only_effect(desk.refund_shipping()).spend_after == cny(1000_00)
    assert only_effect(desk.refund(money_only("l1", 1))).qualified_after is False


def test_who_spends_again_later_earns_it_again() -> None:
    refunded, later = a_purchase(1200_00, refunded=1000_00), a_purchase(800_00, paid_at=on(20))

    assert not stands(a_campaign(), refunded).is_qualified
    assert stands(a_campaign(), refunded, later) == Standing(cny(1000_00), True, 1)


def test_another_order_can_keep_the_threshold_met() -> None:
    settlement = a_desk_that_sold(500_00, others=(a_purchase(1000_00),)).refund()

    assert only_effect(settlement).participation_restored
    assert settlement.take_backs == ()


def test_the_newest_reward_goes_first_where_more_are_held_than_earned() -> None:
    settlement = a_desk_that_sold(1000_00, 200_00, rewards=3).refund(units("l2", 1))

    assert [each.reward.reward_id for each in settlement.take_backs] == [3, 2]


def test_an_order_outside_the_window_touches_no_campaign() -> None:
    later = replace(a_campaign(), starts_at=on(2))

    assert a_desk_that_sold(1000_00, campaign=later).refund().campaigns == ()


def test_a_reward_that_was_earned_in_another_currency_stays() -> None:
    in_yen = a_reward(jpy(200), reward_id=1)
    in_yuan = a_reward(cny(200_00), reward_id=2)
    shopper = Shopper([a_campaign()], [in_yen, in_yuan], [a_purchase(jpy(100_000))], store_credit=200_00)

    settlement = Desk(an_order([a_line(1, 1200_00)]), shopper=shopper).refund()

    assert [each.reward for each in settlement.take_backs] == [in_yuan]


def test_points_that_this_refund_takes_back_are_gone_before_a_reward_is_taken() -> None:
    campaign = a_campaign(reward=300, kind=RewardKind.POINTS)
    shopper = Shopper([campaign], [a_reward(300, kind=RewardKind.POINTS)], points=350)
    order = an_order([a_line(1, 1200_00)], points_earned=100)

    (taken,) = Desk(order, shopper=shopper).refund().take_backs

    assert (taken.taken_points, taken.missing) == (250, cny(50))


def test_a_returned_first_purchase_opens_the_offer_again() -> None:
    desk = a_desk_that_sold(30_00, 20_00, campaign=a_first_purchase_offer(), rewards=0)

    first, last = only_effect(desk.refund(units("l1", 1))), only_effect(desk.refund(units("l2", 1)))

    assert (first.qualified_after, first.participation_restored) == (False, False)
    assert (last.qualified_after, last.participation_restored) == (True, True)


def test_an_offer_that_was_open_all_along_is_not_restored() -> None:
    is_open = Standing(cny(0), True, 0)

    assert not is_participation_restored(a_first_purchase_offer(), before=is_open, after=is_open)


def test_a_threshold_that_was_never_met_is_not_confirmed() -> None:
    assert not only_effect(a_desk_that_sold(500_00, 100_00, rewards=0).refund(units("l2", 1))).participation_restored
