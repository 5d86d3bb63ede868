"""A refund corrects the standing, and rewards that are no longer earned are taken back (rule 23)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.campaigns.campaign_effects import CustomerPosition, no_longer_earned
from domain.campaigns.campaigns import (
    Campaign,
    CampaignEffect,
    Purchase,
    Standing,
    Wallet,
    is_participation_restored,
    standing,
)
from domain.claims.claims import ClaimState
from domain.money.amounts import Money
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, an_order, cny, money_only, on, units
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_purchase, a_reward
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


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


@pytest.mark.parametrize(("here", "elsewhere"), [("CNY", "JPY"), ("JPY", "CNY")])
def test_a_reward_that_was_earned_in_another_currency_stays(here: str, elsewhere: str) -> None:
    earned_here, earned_elsewhere = a_reward(Money(here, 200)), a_reward(Money(elsewhere, 200), reward_id=2)
    bought_elsewhere = a_purchase(Money(elsewhere, 1000_00))
    shopper = Shopper([a_campaign()], [earned_here, earned_elsewhere], [bought_elsewhere], store_credit=200)
    order = an_order([a_line(1, 1200_00, currency=here)], currency=here)

    settlement = Desk(order, shopper=shopper).refund()

    assert [each.reward for each in settlement.take_backs] == [earned_here]


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


def test_a_threshold_that_was_not_met_before_the_refund_is_not_confirmed_by_it() -> None:
    was_not, is_now = Standing(cny(999_99), False, 0), Standing(cny(1000_00), True, 1)

    assert not is_participation_restored(a_campaign(), before=was_not, after=is_now)
    assert not only_effect(a_desk_that_sold(500_00, 100_00, rewards=0).refund(units("l2", 1))).participation_restored


def test_a_repeated_reward_goes_back_for_every_time_that_is_no_longer_reached() -> None:
    campaign = replace(a_campaign(threshold=400_00), repeat=True)

    settlement = a_desk_that_sold(500_00, 800_00, campaign=campaign, rewards=3).refund(units("l2", 1))

    assert [each.reward.reward_id for each in settlement.take_backs] == [3, 2]
    assert only_effect(settlement).reward_clawed_back == 400_00
    assert only_effect(settlement).participation_restored


# For all orders, customers and histories


@given(desks(), histories())
def test_the_standing_after_any_sequence_of_refunds_is_the_one_computed_from_scratch(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    for refund_id in desk.refunds_in(ClaimState.CLAIMED):
        settlement = desk.settle(refund_id)
        customer = desk.customer
        known = {campaign.campaign_id: campaign for campaign in customer.campaigns}
        for effect in settlement.campaigns:
            stands = standing(
                known[effect.campaign_id],
                customer.purchases,
                desk.order.currency,
                is_restricted=customer.is_restricted(NOW),
            )
            assert (effect.spend_after, effect.qualified_after) == (stands.spend, stands.is_qualified)
            held = [each for each in customer.rewards if each.campaign_id == effect.campaign_id]
            here = [each for each in held if each.amount.currency == desk.order.currency]
            assert len(here) <= max(stands.rewards_due, 0)


def test_of_the_rewards_that_are_not_earned_any_more_the_newest_goes_first() -> None:
    rewards = tuple(a_reward(reward_id=number) for number in (1, 2, 3))
    customer = CustomerPosition((a_purchase(1_200_00),), (a_campaign(),), rewards, Wallet(0, cny(0)))

    assert [each.reward_id for each in no_longer_earned(customer, "CNY")] == [3, 2]


def test_what_was_earned_in_another_currency_stays() -> None:
    customer = CustomerPosition((), (a_campaign(),), (a_reward(),), Wallet(0, cny(0)))

    assert no_longer_earned(customer, "EUR") == []
