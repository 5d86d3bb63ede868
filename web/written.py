"""Money, moments and spans of time as the visitor's language writes them, in the merchant's time zone."""

import re
from copy import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from domain import durations
from domain.explain.explanations import BASIS_POINTS, THOUSANDTHS
from domain.money.currencies import DECIMALS
from web.calling import Json

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_NAMES = re.compile(r"[a-z_]\w*")
_CONSTANTS = re.compile(r"\b[1-9]\d*\b")
_SHARE = re.compile(r"(\w+) \* (\w+) // 10000|\(2 \* (\w+) \* (\w+) \+ 10000\) // 20000")
"""A rate in ten thousandths of an amount, rounded down or to the nearest."""
_SIGNS = str.maketrans({"-": "−", "*": "×"})
_AS_BABEL_NAMES_THEM = {"zh-CN": "zh_Hans_CN"}


class Writing:
    """What templates write amounts and times with."""

    def __init__(self, language: str, time_zone: str = "UTC") -> None:
        self._locale = Locale.parse(_AS_BABEL_NAMES_THEM.get(language, language.replace("-", "_")))
        self._zone = ZoneInfo(time_zone)

    def money(self, minor_units: int, currency: str) -> str:
        """Write an amount given in minor units: `money(54750, "CNY")` is ¥547.50."""
        decimals = DECIMALS[currency]
        pattern = copy(self._locale.currency_formats["standard"])
        pattern.frac_prec = (decimals, decimals)  # ISO's, which Babel knows otherwise for some
        amount = Decimal(minor_units).scaleb(-decimals)
        return format_currency(amount, currency, format=pattern, locale=self._locale, currency_digits=False)

    def number(self, value: int | str) -> str:
        return format_decimal(Decimal(str(value)), locale=self._locale)

    def arithmetic(self, explanation: Json) -> str:
        """Write how a figure was worked out in the amounts that people know: `¥600.00 − ¥50.00 = ¥550.00`.

        A rate is a percentage, and its share may be rounded: `¥8.88 × 2.5% ≈ ¥0.22`. What reckons with other numbers of
        its own comes out in minor units alone and stays so.
        """
        formula, shares = _SHARE.subn(lambda share: " * ".join(filter(None, share.groups())), explanation["formula"])
        if not formula or _CONSTANTS.search(formula):
            return str(explanation["arithmetic"])
        figures = {each["name"]: self._figure(each["value"], each["unit"]) for each in explanation["inputs"]}
        signs = formula.replace("//", "÷").translate(_SIGNS)
        worked = _NAMES.sub(lambda word: figures.get(word[0], word[0]), signs)
        return f"{worked} {'≈' if shares else '='} {self._figure(explanation['result'], explanation['unit'])}"

    def _figure(self, value: int, unit: str) -> str:
        if unit in DECIMALS:
            return self.money(value, unit)
        if unit == BASIS_POINTS:
            return format_percent(Decimal(value) / 10_000, "#,##0.##%", locale=self._locale)
        return self.number(str(Decimal(value) / 1000) if unit == THOUSANDTHS else value)

    def measured(self, value: int | str, unit: str | None) -> str:
        """Write how much there is, `0.4 kg`; pieces have no unit."""
        return f"{self.number(value)} {unit}" if unit else self.number(value)

    def percent(self, share: float) -> str:
        """Write a share from 0 to 1 as whole percents."""
        return format_percent(share, locale=self._locale)

    def day(self, moment: str | datetime | date) -> str:
        """Write a day, `3 Nov 2026`: of a moment the day that it is where the merchant is."""
        return format_date(self._local(moment), "medium", locale=self._locale)

    def moment(self, moment: str | datetime) -> str:
        return format_datetime(_parsed(moment), "medium", tzinfo=self._zone, locale=self._locale)

    def span(self, duration: str | timedelta) -> str:
        """Write how long something lasts, `3 days`, in the largest unit of which it is two."""
        lasts = duration if isinstance(duration, timedelta) else durations.span(durations.IsoDuration(duration))
        seconds = lasts.total_seconds()
        unit, length = next((each for each in _UNITS if abs(seconds) >= 2 * each[1]), _UNITS[-1])
        return format_unit(round(seconds / length), unit, locale=self._locale)

    def span_of_s(self, seconds: float) -> str:
        """Write how long so many seconds last."""
        return self.span(timedelta(seconds=round(seconds)))

    def _local(self, moment: str | datetime | date) -> date:
        if isinstance(moment, str) and len(moment) == len("2026-11-03"):
            return date.fromisoformat(moment)
        if isinstance(moment, date) and not isinstance(moment, datetime):
            return moment
        return _parsed(moment).astimezone(self._zone).date()


def _parsed(moment: str | datetime) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
