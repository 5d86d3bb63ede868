"""Amounts, days and spans of time, as each language writes them."""

import pytest

from tools.client import Json
from web.written import Writing


@pytest.mark.parametrize(
    ("language", "minor_units", "currency", "shown"),
    [
        ("en", 54750, "CNY", "CN¥547.50"),
        ("zh-CN", 54750, "CNY", "¥547.50"),
        ("zh-CN", -100, "USD", "-US$1.00"),
        ("en", 500, "JPY", "¥500"),
        ("en", 1_234_567, "KWD", "KWD1,234.567"),
        ("en", 1_234_567, "IQD", "IQD1,234.567"),
        ("en", 100, "UYW", "UYW0.0100"),
        ("en", 10**12, "EUR", "€10,000,000,000.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(language: str, minor_units: int, currency: str, shown: str) -> None:
    assert Writing(language).money(minor_units, currency).replace("\xa0", "") == shown


def test_a_day_is_the_one_that_it_is_where_the_merchant_is() -> None:
    late = "2026-11-03T20:00:00Z"

    assert (Writing("en").day(late), Writing("en", "Asia/Shanghai").day(late)) == ("Nov 3, 2026", "Nov 4, 2026")
    assert Writing("zh-CN", "Asia/Shanghai").moment(late) == "2026年11月4日 04:00:00"
    assert Writing("zh-CN").day("2026-11-03") == "2026年11月3日"


def test_how_much_there_is_has_its_unit_and_pieces_have_none() -> None:
    assert (Writing("en").measured("0.4", "kg"), Writing("en").measured(3, None)) == ("0.4 kg", "3")


def test_spans_are_said_in_words() -> None:
    assert (Writing("en").span("PT72H"), Writing("zh-CN").span("P30D")) == ("3 days", "30天")


def explained(formula: str, result: int, unit: str, **inputs: tuple[int, str]) -> Json:
    """How a figure came about, as the API tells it."""
    named = [{"name": name, "value": value, "unit": unit} for name, (value, unit) in inputs.items()]
    return {"formula": formula, "inputs": named, "result": result, "unit": unit, "arithmetic": "as it is"}


LINE = explained("gross - discount_1", 550_00, "CNY", gross=(600_00, "CNY"), discount_1=(50_00, "CNY"))
POINTS = explained(
    "max(earned * back // sold - 0, 0)",
    250,
    "points",
    earned=(500, "points"),
    back=(400, "thousandths"),
    sold=(800, "thousandths"),
)
BONUS = explained("credited * rate_bp // 10000", 5_00, "CNY", credited=(100_00, "CNY"), rate_bp=(500, "bp"))
FEE = explained(
    "min((2 * lesser_goods * rate_bp + 10000) // 20000, due)",
    22,
    "CNY",
    lesser_goods=(8_88, "CNY"),
    rate_bp=(250, "bp"),
    due=(5_00, "CNY"),
)


@pytest.mark.parametrize(
    ("explanation", "shown"),
    [
        (LINE, "¥600.00 − ¥50.00 = ¥550.00"),
        (POINTS, "max(500 × 0.4 ÷ 0.8 − 0, 0) = 250"),
        (BONUS, "¥100.00 × 5% ≈ ¥5.00"),
        (FEE, "min(¥8.88 × 2.5%, ¥5.00) ≈ ¥0.22"),
        (explained("2 * gross", 2_00, "CNY", gross=(1_00, "CNY")), "as it is"),
        (explained("", 0, "CNY"), "as it is"),
    ],
)
def test_arithmetic_is_written_in_amounts_that_people_know(explanation: Json, shown: str) -> None:
    assert Writing("zh-CN").arithmetic(explanation) == shown
