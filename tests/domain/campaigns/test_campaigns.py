"""Where a customer stands in a campaign comes from all of their paid orders (rules 21 to 24)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns.campaigns import Campaign, GoodsRefund, Purchase, Standing, rewards_to_grant, standing
from domain.money.amounts import Money
from tests.domain.builders import cny, jpy, on
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_limited_campaign, a_purchase
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


def test_who_spends_again_later_earns_it_again() -> None:
    refunded, later = a_purchase(1200_00, refunded=1000_00), a_purchase(800_00, paid_at=on(20))

    assert not stands(a_campaign(), refunded).is_qualified
    assert stands(a_campaign(), refunded, later) == Standing(cny(1000_00), True, 1)


# A reward for every time (rule 21)


@pytest.mark.parametrize(("spend", "rewards"), [(999_99, 0), (1000_00, 1), (1999_99, 1), (2000_00, 2), (5432_10, 5)])
def test_a_repeated_campaign_gives_its_reward_every_time_the_threshold_is_reached(spend: int, rewards: int) -> None:
    assert stands(replace(a_campaign(), repeat=True), a_purchase(spend)).rewards_due == rewards
    assert stands(a_campaign(), a_purchase(spend)).rewards_due == min(rewards, 1)


def test_a_campaign_without_a_threshold_gives_its_reward_once() -> None:
    assert stands(replace(a_campaign(threshold=0), repeat=True), a_purchase(500_00)).rewards_due == 1


# Two refunds at once (rule 24)


def _refunded(currency: str, amount: int) -> tuple[GoodsRefund, ...]:
    return (GoodsRefund(on(12), Money(currency, amount)),)


purchases = st.lists(
    st.builds(
        lambda currency, paid, percent, day, returned: Purchase(
            f"o{paid}",
            on(day),
            Money(currency, paid),
            _refunded(currency, paid * percent // 100),
            returned,
            ("limited",),
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
    [
        a_campaign(threshold=500_00),
        replace(a_campaign(threshold=300_00), repeat=True),
        a_campaign(currency="JPY", threshold=1),
        a_first_purchase_offer(),
        a_limited_campaign(limit=2),
    ]
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
    refunded = [replace(each, refunds=(GoodsRefund(on(30), each.goods_paid),)) for each in bought]

    before, after = stands(campaign, *bought), stands(campaign, *refunded)

    assert after.spend.minor_units == 0
    assert after.rewards_due <= before.rewards_due


def test_a_campaign_grants_a_customer_a_hundred_rewards_at_most_and_never_takes_one_by_granting() -> None:
    granted = [rewards_to_grant(due, held) for due, held in ((3, 1), (1_000, 0), (1_000, 40), (150, 150), (0, 2))]

    assert granted == [2, 100, 60, 0, 0]
