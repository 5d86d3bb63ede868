"""On which days of a country nobody works: its weekends and public holidays, as the library `holidays` knows them.

To import it takes as long as some refunds, so nobody does who does not ask for a country.
"""

from functools import cache

from domain.deadlines import IsClosed, never_closed


@cache
def closed_days(country: str | None) -> IsClosed:
    """Return what tells whether a day is closed in a country (rule 41); where none is named, no day is."""
    if country is None:
        return never_closed
    from holidays import country_holidays

    known = country_holidays(country)
    return lambda day: not known.is_working_day(day)


@cache
def countries() -> frozenset[str]:
    """Name the countries whose closed days are known, by their ISO 3166 codes."""
    from holidays import list_supported_countries

    return frozenset(list_supported_countries(include_aliases=False))
