"""Reports: how refunds went over a time, as figures, charts and tables, and as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from domain import clock
from domain.money.currencies import DECIMALS
from web.calling import Json
from web.forms import Form
from web.pages import Pages
from web.security import OF_PAGES
from web.staff.charts import line_chart
from web.staff.door import Handler, Staff, show
from web.written import Writing

_DAYS = ("30", "90", "365")
_STAGES = ("answered", "approved", "received", "inspected", "paid", "completed")
_DRAWN = ("answered", "paid", "completed")
_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """The days that a report is about, both included, as the merchant's clock has them."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def every(self) -> str:
        days = (self.last - self.first).days
        return "day" if days <= 31 else "week" if days <= 200 else "month"

    @property
    def asked(self) -> dict[str, str]:
        return {"from": self._moment(self.first), "to": self._moment(self.last + timedelta(days=1))}

    def _moment(self, day: date) -> str:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC).isoformat()


class Reports:
    """Shows what the API reports of a period."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        period = _period(staff, form)
        api, writing = staff.api, Writing(staff.visit.t.language, str(period.zone))
        trends = await api.get("/v1/reports/trends", every=period.every, **period.asked)
        steps = without_gaps(trends["items"], period.every)
        money = await api.get("/v1/reports/money", **period.asked)
        unit, seconds = _unit(trends["items"])
        labels = [writing.day(begins) for begins in steps]
        times = {stage: [_in_unit(each, stage, seconds) for each in steps.values()] for stage in _DRAWN}
        rates = {"refund_rate": [None if each is None else _percent(each["refund_rate"]) for each in steps.values()]}
        return show(
            self._pages,
            staff,
            "staff/reports.html",
            period=period,
            days=_DAYS,
            counts=await api.get("/v1/reports/refunds", **period.asked),
            trends=trends,
            rate=_rate(trends["items"]),
            unit=unit,
            times=line_chart(labels, times, lambda value: writing.number(f"{value:g}")),
            rates=line_chart(labels, rates, lambda value: f"{writing.number(f'{value:g}')} %"),
            stages=_STAGES,
            money=money,
            tenders=_tenders(money["items"]),
            entitlements=await api.get("/v1/reports/entitlements", **period.asked),
            opinions=await api.get("/v1/reports/opinions", **period.asked),
        )

    def download(self, name: str) -> Handler:
        """Give one report as CSV, amounts in decimals of their currency."""

        async def given(staff: Staff, form: Form) -> Response:
            period = _period(staff, form)
            asked = {**period.asked, **({"every": period.every} if name == "trends" else {})}
            rows = _CSV[name](await staff.api.get(f"/v1/reports/{name}", **asked))
            file = io.StringIO()
            csv.writer(file).writerows([[_harmless(cell) for cell in row] for row in rows])
            called = f"{name}-{period.first}-{period.last}.csv"
            headers = {**OF_PAGES, "Content-Disposition": f'attachment; filename="{called}"'}
            # With the mark that tells spreadsheets it is UTF-8.
            return Response("\ufeff" + file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

        return given


def _period(staff: Staff, form: Form) -> ReportPeriod:
    """Read the period; what can't be read is the last ninety days."""
    zone = ZoneInfo(str(staff.caller["time_zone"]))
    today = clock.now().astimezone(zone).date()
    days = int(form["days"]) if form["days"] in _DAYS else 90
    try:
        last = min(date.fromisoformat(form["to"]), today) if form["to"] else today
        first = date.fromisoformat(form["from"]) if form["from"] else last - timedelta(days=days - 1)
    except (ValueError, OverflowError):
        first, last = today - timedelta(days=days - 1), today
    if not timedelta() <= last - first < timedelta(days=1_095):
        first, last = today - timedelta(days=days - 1), today
    return ReportPeriod(first, last, zone)


def without_gaps(items: Sequence[Json], every: str) -> dict[str, Json | None]:
    """Have each step between the first and the last, so that a line is as long as its time; None: nothing happened."""
    known = {each["begins"]: each for each in items}
    steps: dict[str, Json | None] = {}
    begins = date.fromisoformat(min(known)) if known else date.max
    while begins.isoformat() <= max(known, default=""):
        steps[begins.isoformat()] = known.get(begins.isoformat())
        begins = _after(begins, every)
    return steps


def _after(begins: date, every: str) -> date:
    if every == "month":
        return (begins + timedelta(days=31)).replace(day=1)
    return begins + timedelta(days=7 if every == "week" else 1)


def _unit(steps: Sequence[Json]) -> tuple[str, int]:
    """The unit in which the longest of the drawn times is two at least."""
    longest = max((each["median_s"][stage] or 0 for each in steps for stage in _DRAWN), default=0)
    return next((unit for unit in _UNITS if longest >= 2 * unit[1]), _UNITS[-1])


def _in_unit(step: Json | None, stage: str, unit_s: int) -> float | None:
    seconds = None if step is None else step["median_s"][stage]
    return None if seconds is None else round(seconds / unit_s, 2)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _rate(steps: Sequence[Json]) -> float | None:
    orders = sum(each["orders"] for each in steps)
    return _percent(sum(each["refunds"] for each in steps) / orders) if orders else None


def _tenders(items: Iterable[Json]) -> list[Json]:
    """Add the days up: by how it was paid, where it went, and currency."""
    sums: dict[tuple[str, str, str], Counter[str]] = {}
    for each in items:
        key = each["method"], each["went_to"], each["currency"]
        sums.setdefault(key, Counter()).update({name: each[name] for name in ("payouts", "amount", "tax", "net")})
    return [
        {"method": method, "went_to": went_to, "currency": currency, **{n: found[n] for n in _SUMS}}
        for (method, went_to, currency), found in sorted(sums.items())
    ]


_SUMS = ("payouts", "amount", "tax", "net")


def _trend_rows(report: Json) -> list[list[Any]]:
    head = ["begins", "refunds", "orders", "refund_rate", *(f"median_{stage}_s" for stage in _STAGES)]
    rows = [
        [
            *(each[name] for name in head[:4]),
            *(each["median_s"][stage] for stage in _STAGES),
            each["opinions"],
            each["mean_score"],
        ]
        for each in report["items"]
    ]
    return [[*head, "opinions", "mean_score"], *rows]


def _money_rows(report: Json) -> list[list[Any]]:
    head = ["day", "method", "went_to", "currency", "payouts", "amount", "tax", "net"]
    rows = [
        [*(each[name] for name in head[:5]), *(_major(each[name], each["currency"]) for name in head[5:])]
        for each in report["items"]
    ]
    return [head, *rows]


def _entitlement_rows(report: Json) -> list[list[Any]]:
    rows: list[list[Any]] = [["what", "outcome", "count"]]
    for name, value in report.items():
        if isinstance(value, dict):
            rows += [[name, outcome, count] for outcome, count in value.items()]
        elif isinstance(value, int):
            rows.append([name, "", value])
    return rows


def _opinion_rows(report: Json) -> list[list[Any]]:
    head = ["at", "refund_id", "reason", "waited_for", "score", "comment"]
    return [head, *([each[name] for name in head] for each in report["comments"])]


_CSV = {
    "trends": _trend_rows,
    "money": _money_rows,
    "entitlements": _entitlement_rows,
    "opinions": _opinion_rows,
}
DOWNLOADS = tuple(_CSV)


def _major(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-DECIMALS[currency]):f}"


def _harmless(cell: Any) -> Any:
    """What a spreadsheet would take for a formula stays a text; only people's words can be one."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
