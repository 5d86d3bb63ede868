"""Reports on a page: figures, lines that the server draws, tables, what people say, and all of it as CSV."""

import csv
import io

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line
from tests.web.staff import signed_in
from web.staff.charts import line_chart
from web.staff.reports import without_gaps


def test_a_line_has_a_gap_where_nothing_is_known_and_ends_below_the_top() -> None:
    chart = line_chart(["a", "b", "c", "d"], {"paid": [1.0, 3.0, None, 2.0]}, lambda value: f"{value:g} d")

    assert chart is not None
    (line,) = chart.lines
    assert [len(piece.split()) for piece in line.pieces] == [2]
    assert [dot.title for dot in line.dots] == ["a: 1 d", "b: 3 d", "d: 2 d"]
    assert [tick.label for tick in chart.up] == ["0 d", "1 d", "2 d", "3 d", "4 d"]
    assert all(0 < dot.y < chart.bottom for dot in line.dots)
    assert line_chart(["a"], {"paid": [None]}, str) is None


def test_labels_have_the_room_that_they_need() -> None:
    short = line_chart(["a"], {"paid": [1.0]}, lambda value: f"{value:g}")
    long = line_chart(["a"], {"paid": [0.01]}, lambda value: f"{value * 100:.2f} 分钟")

    assert short is not None and long is not None
    assert long.left > short.left and all(dot.x > long.left for dot in long.lines[0].dots)


@pytest.mark.parametrize(
    ("every", "known", "steps"),
    [
        ("week", ["2026-11-02", "2026-11-16"], ["2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", ["2025-12-01", "2026-02-01"], ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("day", [], []),
    ],
)
def test_a_step_in_which_nothing_happened_takes_its_place(every: str, known: list[str], steps: list[str]) -> None:
    found = without_gaps([{"begins": each} for each in known], every)

    assert list(found) == steps
    assert [begins for begins, each in found.items() if each is not None] == known


async def test_how_refunds_went_is_shown_in_figures_lines_tables_and_words(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=113_00, tax=13_00)])
    refund = await shop.approved_refund()
    said = {"score": 2, "comment": "=slow <b>indeed</b>"}
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/feedback", said)
    browser, _ = await signed_in(shop, Role.OPS)

    page = await browser.open("/pages/reports?days=30")
    money = await browser.open("/pages/reports/money.csv?days=30")
    opinions = await browser.open("/pages/reports/opinions.csv")
    odd = await browser.open("/pages/reports?from=0001-01-01&to=tomorrow")

    assert page.status == odd.status == 200 and "<svg" in page.html
    assert "¥113.00" in page.text and "¥13.00" in page.text and "¥100.00" in page.text
    assert "=slow &lt;b&gt;indeed&lt;/b&gt;" in page.html and "style=" not in page.html
    row = next(csv.DictReader(io.StringIO(money.html.removeprefix("\ufeff"))))
    assert (row["method"], row["currency"], row["amount"], row["net"]) == ("card", "CNY", "113.00", "100.00")
    assert money.headers["content-type"].startswith("text/csv") and "'=slow" in opinions.html


@pytest.mark.parametrize("name", ["trends", "entitlements"])
async def test_reports_are_for_operations_also_as_csv(shop: Shop, name: str) -> None:
    ops, _ = await signed_in(shop, Role.OPS, "zh-CN")
    reviewer, _ = await signed_in(shop, Role.REVIEWER)

    assert (await ops.open("/pages/reports")).language == "zh-CN"
    assert (await ops.open(f"/pages/reports/{name}.csv")).status == 200
    assert (await reviewer.open("/pages/reports")).status == 403
    assert (await reviewer.open(f"/pages/reports/{name}.csv")).status == 403
    assert (await ops.open("/pages/reports/keys.csv")).status == 404
