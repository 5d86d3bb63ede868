"""Where customers find the pages is one address, or nothing is started."""

import pytest

from settings import Settings

DATABASE = {"MAKEWHOLE_DATABASE_URL": "postgresql://localhost/makewhole"}


def test_where_the_pages_are_is_an_address_without_a_path() -> None:
    told = {**DATABASE, "MAKEWHOLE_PAGES": "https://refunds.shop.example/"}

    assert Settings.from_environment(told).pages == "https://refunds.shop.example"
    assert Settings.from_environment(DATABASE).pages == ""


@pytest.mark.parametrize("wrong", ["refunds.shop.example", "https://shop.example/pages", "https://shop.example?a=b"])
def test_what_would_lead_nowhere_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(ValueError, match="MAKEWHOLE_PAGES"):
        Settings.from_environment({**DATABASE, "MAKEWHOLE_PAGES": wrong})
