"""Entitlements that live in another system of the merchant's: a settlement says which, and each intent has one name."""

import pytest

from domain.entitlements.elsewhere import Home, LineBack, LivesElsewhere, UnitsBack, gateway_of_cards, system_of_cards
from domain.payout.keys import instruction_id
from domain.policy import Policy
from domain.steps import Step
from tests.domain.builders import a_line, an_order, units
from tests.domain.refund_desk import Desk


def test_a_settlement_keeps_where_its_entitlements_lived_when_it_was_settled() -> None:
    desk = Desk(an_order([a_line(2, 60_00)]), Policy(entitlements_elsewhere={LivesElsewhere.POINTS: "loyalty"}))

    settlement = desk.refund()

    assert settlement.elsewhere == (Home(LivesElsewhere.POINTS, "loyalty"),)
    assert settlement.system_of(LivesElsewhere.POINTS) == "loyalty"


def test_stock_is_told_only_where_goods_come_back() -> None:
    elsewhere = {LivesElsewhere.STOCK: "wms", LivesElsewhere.POINTS: "loyalty"}
    desk = Desk(an_order([a_line(2, 60_00)]), Policy(entitlements_elsewhere=elsewhere))

    settled = [desk.quote(units("l1", 1), goods_come_back=each) for each in (True, False)]

    assert [each.system_of(LivesElsewhere.STOCK) for each in settled] == ["wms", None]
    assert [each.system_of(LivesElsewhere.POINTS) for each in settled] == ["loyalty", "loyalty"]


def test_what_is_back_in_all_counts_what_was_told_of_each_line_before() -> None:
    kettle, cup = LineBack("l1", "kettle", "1", "1", "3", None), LineBack("l2", "cup", "2", "2", "2", None)
    grapes = LineBack("l3", "grapes", "0.4", "0.4", "1.2", "kg")

    counted = UnitsBack((kettle, grapes)).after([UnitsBack((kettle, cup)), UnitsBack((kettle, grapes))])

    assert [(each.quantity, each.in_all) for each in counted.lines] == [("1", "3"), ("0.4", "0.8")]


def test_where_the_policy_names_no_system_all_is_in_our_books() -> None:
    settlement = Desk(an_order([a_line(2, 60_00)])).refund()

    assert settlement.elsewhere == () and settlement.system_of(LivesElsewhere.POINTS) is None


def test_an_instruction_is_named_by_its_refund_its_step_and_its_round() -> None:
    names = {instruction_id("rf_1", step, round_) for step in (Step.RESTORE_POINTS, Step.CLOSE) for round_ in (1, 2)}

    assert names == {"rf_1-restore_points-1", "rf_1-restore_points-2", "rf_1-close-1", "rf_1-close-2"}


def test_a_name_that_others_would_not_take_is_none() -> None:
    with pytest.raises(ValueError, match="no key for a provider"):
        instruction_id("rf/1", Step.RESTORE_POINTS, 1)


def test_gift_cards_that_live_elsewhere_have_a_gateway_of_that_systems_name() -> None:
    assert system_of_cards(gateway_of_cards("loyalty")) == "loyalty"
    assert gateway_of_cards(None) == ""
    assert [system_of_cards(each) for each in ("", "sandbox", "stripe:elsewhere")] == [None, None, None]
