"""A customer's tier follows what they bought and kept; grace delays a fall (rule 28)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from domain.campaigns.campaigns import GoodsRefund, Purchase
from domain.durations import IsoDuration
from domain.entitlements.tiers import TierEffect, net_spend, others_for_tier, tier_at
from domain.policy import Policy, Tier, amount_in
from tests.domain.builders import a_line, an_order, cny, jpy, on, units
from tests.domain.campaign_builders import a_purchase
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories

SILVER, GOLD = Tier("silver", 500_00), Tier("gold", 1000_00)
AT_ONCE = Policy(tiers=(SILVER, GOLD))
WITH_GRACE = replace(AT_ONCE, tier_grace=IsoDuration("P30D"))


def held(*purchases: Purchase, policy: Policy = AT_ONCE, at: datetime = NOW) -> str | None:
    return tier_at(policy, purchases, "CNY", at)


@pytest.mark.parametrize(
    ("spend", "tier"), [(0, None), (499_99, None), (500_00, "silver"), (999_99, "silver"), (1000_00, "gold")]
)
def test_a_tier_is_held_from_exactly_its_minimum_spend(spend: int, tier: str | None) -> None:
    assert held(a_purchase(spend)) == tier


def test_the_highest_tier_counts_in_whatever_order_they_are_listed() -> None:
    assert held(a_purchase(1000_00), policy=Policy(tiers=(GOLD, SILVER))) == "gold"


def test_a_tier_has_a_minimum_for_each_currency_and_is_not_held_in_one_that_it_lacks() -> None:
    policy = Policy(tiers=(Tier("silver", {"CNY": 500_00}), GOLD))

    assert held(a_purchase(999_99), policy=policy) == "silver"
    assert tier_at(policy, [a_purchase(jpy(99_999))], "JPY", NOW) is None
    assert tier_at(policy, [a_purchase(jpy(100_000))], "JPY", NOW) == "gold"


def test_only_what_was_bought_in_the_window_counts_both_ends_included() -> None:
    policy = replace(AT_ONCE, tier_window=IsoDuration("P7D"))

    assert held(a_purchase(500_00, paid_at=NOW - timedelta(days=7)), policy=policy) == "silver"
    assert held(a_purchase(500_00, paid_at=NOW - timedelta(days=7, seconds=1)), policy=policy) is None
    assert held(a_purchase(500_00, paid_at=NOW), policy=policy) == "silver"
    assert held(a_purchase(500_00, paid_at=NOW + timedelta(seconds=1)), policy=policy) is None


# Exact, where windows and deadlines end with a day (rule 41)


@pytest.mark.parametrize("time_zone", ["Pacific/Kiritimati", "America/New_York"])
def test_a_tiers_window_is_exact_whatever_the_policys_time_zone_is(time_zone: str) -> None:
    policy = replace(AT_ONCE, tier_window=IsoDuration("P7D"), time_zone=time_zone)

    assert held(a_purchase(500_00, paid_at=NOW - timedelta(days=7)), policy=policy) == "silver"
    assert held(a_purchase(500_00, paid_at=NOW - timedelta(days=7, seconds=1)), policy=policy) is None


# What counts for a tier (rule 28)


def test_every_currency_counts_for_itself() -> None:
    assert held(a_purchase(499_99), a_purchase(jpy(500_00))) is None
    assert net_spend(AT_ONCE, [a_purchase(499_99), a_purchase(jpy(500_00))], "CNY", NOW) == cny(499_99)


def test_net_spend_is_what_was_paid_for_goods_less_refunds() -> None:
    bought = [a_purchase(700_00, refunded=200_00), a_purchase(100_00, paid_at=on(1, 1, 0))]

    assert net_spend(replace(AT_ONCE, tier_window=IsoDuration("P30D")), bought, "CNY", NOW) == cny(500_00)


# What a refund does


def test_without_tiers_there_is_nothing_to_recalculate() -> None:
    assert Desk(an_order()).refund().tier is None


def test_a_refund_below_the_minimum_spend_costs_the_tier_at_once() -> None:
    desk = Desk(an_order([a_line(2, 600_00)]), AT_ONCE)

    effects = [desk.refund(units("l1", 1)).tier, desk.refund(units("l1", 1)).tier]

    assert effects == [TierEffect("gold", "silver", None, None), TierEffect("silver", None, None, None)]


def test_a_refund_that_leaves_enough_keeps_the_tier() -> None:
    shopper = Shopper(other_purchases=[a_purchase(1000_00)])

    assert Desk(an_order(), AT_ONCE, shopper).refund().tier == TierEffect("gold", "gold", None, None)


def test_grace_delays_the_fall() -> None:
    desk = Desk(an_order([a_line(2, 600_00)]), WITH_GRACE)

    assert desk.refund(units("l1", 1)).tier == TierEffect("gold", "gold", "silver", NOW + timedelta(days=30))


def test_a_tier_that_is_held_by_grace_falls_when_the_grace_of_that_refund_ends() -> None:
    refunded_before = a_purchase(1000_00, paid_at=on(1, 10))
    refunded_before = replace(refunded_before, refunds=(GoodsRefund(NOW - timedelta(days=29), cny(900_00)),))

    assert held(refunded_before, policy=WITH_GRACE) == "gold"
    assert held(refunded_before, policy=WITH_GRACE, at=NOW + timedelta(days=1)) is None


def test_what_was_bought_and_given_back_within_the_grace_gave_its_tier_for_the_grace() -> None:
    bought = a_purchase(1000_00, paid_at=NOW - timedelta(days=20))
    given_back = replace(bought, refunds=(GoodsRefund(NOW - timedelta(days=10), cny(1000_00)),))

    assert held(given_back, policy=WITH_GRACE) == "gold"
    assert held(given_back, policy=AT_ONCE) is None
    assert held(given_back, policy=WITH_GRACE, at=NOW + timedelta(days=20)) is None


def test_what_comes_back_after_its_purchase_left_the_window_takes_nothing_from_the_spend() -> None:
    bought = a_purchase(500_00, paid_at=NOW - timedelta(days=380))
    long_ago = replace(bought, refunds=(GoodsRefund(NOW - timedelta(days=5), cny(200_00)),))
    lately = a_purchase(600_00, paid_at=NOW - timedelta(days=1))

    spends = others_for_tier(WITH_GRACE, (long_ago, lately), (), "CNY", NOW)

    assert [each.spend for each in spends] == [cny(500_00), cny(600_00), cny(600_00), cny(600_00)]
    assert [net_spend(WITH_GRACE, (long_ago, lately), "CNY", each.at) for each in spends] == [
        each.spend for each in spends
    ]


# For all orders, policies and histories


@given(desks(), histories())
def test_a_refund_never_lifts_a_tier_and_the_tier_after_it_is_the_one_computed_from_scratch(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()
    currency = desk.order.currency
    rank = {tier.name: amount_in(tier.minimum_spend, currency) or 0 for tier in desk.policy.tiers}

    for settlement in desk.settled.values():
        if settlement.tier is None:
            assert not desk.policy.tiers
        else:
            before, after = settlement.tier.before, settlement.tier.after
            assert rank.get(after or "", -1) <= rank.get(before or "", -1)
    *_, last = desk.settled.values() or [None]
    if last and last.tier:
        assert last.tier.after == tier_at(desk.policy, desk.customer.purchases, desk.order.currency, NOW)
