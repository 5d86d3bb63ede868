"""First-purchase and limited campaigns are used up by orders and given back by returns (rules 21, 23 and 25)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.campaigns.campaigns import Campaign, CampaignEffect, Purchase, Standing, is_participation_restored, standing
from domain.explain.explanations import Phrase
from domain.sale.orders import Discount, DiscountSource
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_discount, a_line, an_order, cny, jpy, on, units
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_limited_campaign, a_purchase
from tests.domain.refund_desk import NOW, Desk
from tests.domain.shoppers import Shopper


def stands(campaign: Campaign, *purchases: Purchase, is_restricted: bool = False) -> Standing:
    return standing(campaign, purchases, "CNY", is_restricted=is_restricted)


def test_a_first_purchase_offer_is_open_until_the_first_paid_order() -> None:
    assert stands(a_first_purchase_offer()).is_qualified
    assert not stands(a_first_purchase_offer(), a_purchase(1)).is_qualified


def test_a_first_purchase_outside_the_window_or_in_another_currency_uses_the_offer_up_too() -> None:
    assert not stands(a_first_purchase_offer(), a_purchase(1, paid_at=on(1, 1))).is_qualified
    assert not stands(a_first_purchase_offer(), a_purchase(jpy(1))).is_qualified


def test_the_offer_is_open_again_when_no_unreturned_order_is_left() -> None:
    returned, kept = a_purchase(50_00, returned=True), a_purchase(50_00, refunded=20_00)

    assert stands(a_first_purchase_offer(), returned, returned) == Standing(cny(100_00), True, 0, uses=0)
    assert not stands(a_first_purchase_offer(), returned, kept).is_qualified


def test_every_unreturned_order_uses_the_offer() -> None:
    bought = a_purchase(50_00), a_purchase(50_00, returned=True), a_purchase(20_00)

    assert stands(a_first_purchase_offer(), *bought) == Standing(cny(120_00), False, 0, uses=2)


def test_an_offer_that_is_not_restored_on_refund_stays_used_up() -> None:
    offer = a_first_purchase_offer(restore_on_refund=False)

    assert stands(offer).is_qualified
    assert not stands(offer, a_purchase(50_00, returned=True)).is_qualified


# Limited campaigns (rules 21 and 23)


def taking_part(*, returned: bool = False) -> Purchase:
    return replace(a_purchase(50_00, returned=returned), campaign_ids=("limited",))


def in_the_limited_campaign() -> Discount:
    return a_discount(5_00, source=DiscountSource.CAMPAIGN, source_id="limited")


def only_effect(settlement: Settlement) -> CampaignEffect:
    (effect,) = settlement.campaigns
    return effect


def test_each_order_that_names_it_uses_a_limited_campaign_once() -> None:
    campaign = a_limited_campaign(limit=2)

    assert stands(campaign, a_purchase(50_00)) == Standing(cny(0), True, 0, uses=0)
    assert stands(campaign, taking_part()) == Standing(cny(50_00), True, 0, uses=1)
    assert stands(campaign, taking_part(), taking_part()) == Standing(cny(100_00), False, 0, uses=2)


def test_an_order_that_names_it_takes_part_whenever_and_in_whatever_currency_it_was_paid() -> None:
    late = replace(taking_part(), paid_at=on(1, 12))
    in_yen = replace(a_purchase(jpy(500)), campaign_ids=("limited",))

    assert stands(a_limited_campaign(limit=2), late, in_yen).uses == 2


def test_the_use_is_given_back_when_all_units_are_returned_and_not_before() -> None:
    order = an_order([a_line(2, 50_00)], [in_the_limited_campaign()])
    desk = Desk(order, shopper=Shopper([a_limited_campaign()]))

    partly, wholly = only_effect(desk.refund(units("l1", 1))), only_effect(desk.refund(units("l1", 1)))

    assert (partly.qualified_before, partly.qualified_after, partly.participation_restored) == (False, False, False)
    assert (wholly.qualified_before, wholly.qualified_after, wholly.participation_restored) == (False, True, True)


def test_a_use_is_given_back_even_where_others_keep_the_limit_used_up() -> None:
    shopper = Shopper([a_limited_campaign()], other_purchases=[taking_part()])

    effect = only_effect(Desk(an_order([a_line()], [in_the_limited_campaign()]), shopper=shopper).refund())

    assert (effect.qualified_after, effect.participation_restored) == (False, True)


def test_a_campaign_that_is_not_restored_on_refund_stays_used() -> None:
    shopper = Shopper([a_limited_campaign(restore_on_refund=False)])

    effect = only_effect(Desk(an_order([a_line()], [in_the_limited_campaign()]), shopper=shopper).refund())

    assert (effect.qualified_after, effect.participation_restored) == (False, False)


def test_an_order_that_does_not_name_it_leaves_a_limited_campaign_alone() -> None:
    assert Desk(an_order(), shopper=Shopper([a_limited_campaign()])).refund().campaigns == ()


# While risk control restricts a customer (rule 25)


def a_restricted_desk(campaign: Campaign, *, for_seconds: int = 1) -> Desk:
    until = NOW + timedelta(seconds=for_seconds)
    order = an_order([a_line(1, 100_00)], [in_the_limited_campaign()])
    return Desk(order, shopper=Shopper([campaign], restricted_until=until))


@pytest.mark.parametrize("campaign", [a_first_purchase_offer(), a_limited_campaign()], ids=["first", "limited"])
def test_a_high_value_campaign_is_not_restored_until_the_restriction_ends(campaign: Campaign) -> None:
    high_value = replace(campaign, high_value=True)

    still, over = a_restricted_desk(high_value).refund(), a_restricted_desk(high_value, for_seconds=0).refund()

    assert still.total == over.total == cny(95_00)
    assert (only_effect(still).qualified_after, only_effect(still).participation_restored) == (False, False)
    assert (only_effect(over).qualified_after, only_effect(over).participation_restored) == (True, True)


def test_while_restricted_uses_of_returned_orders_are_not_given_back_before_the_refund_either() -> None:
    campaign = replace(a_limited_campaign(limit=2), high_value=True)
    returned_before = replace(a_purchase(50_00, returned=True), campaign_ids=("limited",))
    order = an_order([a_line()], [in_the_limited_campaign()])
    shopper = Shopper([campaign], other_purchases=[returned_before], restricted_until=NOW + timedelta(seconds=1))

    assert not only_effect(Desk(order, shopper=shopper).refund()).qualified_before


def test_nobody_is_restricted_unless_risk_control_says_so() -> None:
    offer, returned = replace(a_first_purchase_offer(), high_value=True), a_purchase(50_00, returned=True)
    used, open_again = standing(offer, [a_purchase(50_00)], "CNY"), standing(offer, [returned], "CNY")

    assert open_again.is_qualified
    assert is_participation_restored(offer, before=used, after=open_again)


def test_any_other_campaign_is_restored_to_a_restricted_customer_too() -> None:
    assert only_effect(a_restricted_desk(a_limited_campaign()).refund()).participation_restored


def test_a_threshold_that_is_still_met_is_not_confirmed_to_a_restricted_customer_where_it_is_of_high_value() -> None:
    confirmed = a_restricted_desk(a_campaign(threshold=0, reward=0)).refund()
    withheld = a_restricted_desk(replace(a_campaign(threshold=0, reward=0), high_value=True)).refund()

    assert only_effect(confirmed).participation_restored
    assert not only_effect(withheld).participation_restored
    assert only_effect(withheld).qualified_after
    assert Phrase.CAMPAIGN_UNCHANGED in [each.phrase for each in withheld.explanations]
