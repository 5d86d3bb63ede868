"""The table of what each provider allows of refunds (rule 11); tests/domain/payout/test_limits.py says what follows."""

from domain.payout.limits import NO_LIMITS, RefundLimits
from gateways.refund_limits import TABLE, limits_of
from gateways.registry import ADAPTERS, PROVIDERS


def test_every_row_names_its_source_and_the_day_it_was_read() -> None:
    rows = [row for limits in TABLE.values() for row in limits.rows]

    assert rows and all(row.source and row.number > 0 and row.read_on.year >= 2026 for row in rows)


def test_the_rows_are_those_of_gateways_that_there_are() -> None:
    assert TABLE.keys() <= {*ADAPTERS, *PROVIDERS}
    assert {name: adapter.limits for name, adapter in ADAPTERS.items()} == {name: limits_of(name) for name in ADAPTERS}


def test_nothing_is_made_up_for_who_says_nothing() -> None:
    assert (limits_of("stripe"), limits_of("adyen")) == (NO_LIMITS, NO_LIMITS)
    assert limits_of("wechat_pay") == RefundLimits(365, 50, 60)
