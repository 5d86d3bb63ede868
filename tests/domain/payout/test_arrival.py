"""When the money is with the customer: as the provider says, and nothing where nobody says it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.payout.arrival import TABLE, expected_by
from domain.sale.payments import PaymentMethod

FRIDAY = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


def the_end_of(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 23, 59, 59, 999_999, tzinfo=UTC)


def test_business_days_leave_out_the_weekends() -> None:
    assert expected_by("stripe", PaymentMethod.CARD, FRIDAY) == the_end_of(12, 11)


def test_wechat_pay_says_five_working_days_wherever_it_goes() -> None:
    assert expected_by("wechat_pay", PaymentMethod.WECHAT_PAY, FRIDAY) == the_end_of(12, 4)


def test_other_days_are_counted_as_they_come() -> None:
    assert expected_by("sandbox", PaymentMethod.CARD, FRIDAY) == the_end_of(11, 28)


def test_the_day_is_the_one_in_utc() -> None:
    in_shanghai = datetime(2026, 11, 28, 7, 0, tzinfo=timezone(timedelta(hours=8)))

    assert expected_by("sandbox", PaymentMethod.CARD, in_shanghai) == the_end_of(11, 28)


@pytest.mark.parametrize(("provider", "method"), [("stripe", PaymentMethod.OTHER), ("nobody", PaymentMethod.CARD)])
def test_what_no_provider_says_nobody_knows(provider: str, method: PaymentMethod) -> None:
    assert expected_by(provider, method, FRIDAY) is None


def test_every_row_names_its_source_and_the_day_it_was_read() -> None:
    assert all(row.source and row.days > 0 and row.read_on.year >= 2026 for row in TABLE.values())
