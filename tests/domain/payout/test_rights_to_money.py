"""Where the law gives a customer a right to money, no declined payment becomes credit by rule (rule 54)."""

import pytest

from domain.payout.rights_to_money import SOURCES, usual_when_declined
from domain.policy import DeclinedTender

# A right to money (rule 54)


@pytest.mark.parametrize("country", ["DE", "NO", "GB", "CN", "AU", "NZ", "BR", "KR"])
def test_a_declined_payment_waits_for_a_person_where_there_is_that_right(country: str) -> None:
    assert usual_when_declined(country) is DeclinedTender.HOLD


@pytest.mark.parametrize("country", [None, "US", "JP"])
def test_elsewhere_it_becomes_store_credit_as_before(country: str | None) -> None:
    assert usual_when_declined(country) is DeclinedTender.STORE_CREDIT


def test_every_country_of_the_table_says_where_it_is_written() -> None:
    assert all(SOURCES.values())
    assert len([country for country, source in SOURCES.items() if source.startswith("Directive 2011/83/EU")]) == 27 + 3
