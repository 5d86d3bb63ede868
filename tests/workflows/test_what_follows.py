"""What follows the money stands in one table: every line of it is remembered, undone in reverse, and read back."""

from typing import Any

from activities.entitlements import FOLLOWS, STEPS, Entitlement
from activities.settlement import SettlementSummary
from db.codec import from_json, to_json
from domain.money.amounts import Money
from temporal_client.payloads import PLAIN

EARLIER: dict[str, Any] = {
    "total": {"currency": "CNY", "minor_units": 100},
    "payouts": [],
    "has_coupons": True,
    "has_points": False,
    "has_campaigns": True,
    "has_tier": True,
}
"""What an activity answered before the entitlements had a list."""


def test_each_entitlement_has_one_line() -> None:
    assert [each.entitlement for each in FOLLOWS] == list(Entitlement)


def test_a_step_is_remembered_under_the_name_of_what_is_done() -> None:
    assert [each.do.__name__ for each in FOLLOWS if each.do is not None] == list(STEPS)


def test_an_answer_that_an_earlier_version_stored_names_the_same_entitlements() -> None:
    settled = from_json(SettlementSummary, EARLIER)

    assert settled.entitlements == (Entitlement.COUPONS, Entitlement.CAMPAIGNS, Entitlement.TIER)


async def test_an_answer_of_an_earlier_version_is_read_in_a_history_too() -> None:
    (payload,) = await PLAIN.encode([EARLIER])

    (settled,) = await PLAIN.decode([payload], [SettlementSummary])

    assert settled.entitlements == (Entitlement.COUPONS, Entitlement.CAMPAIGNS, Entitlement.TIER)


def test_an_answer_of_today_is_read_as_it_was_written() -> None:
    settled = SettlementSummary(Money("CNY", 100), (), (Entitlement.POINTS,))

    assert from_json(SettlementSummary, to_json(settled)) == settled
