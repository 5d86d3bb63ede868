"""A real shop's year over HTTP, for every tenth customer (`make retail` replays all): what must come of every line."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress

from tests.conftest import settings_at
from tests.tools.stack.prepared import prepared_home
from tools.fresh_home import patient
from tools.retail.data import Link, find, read
from tools.retail.outcome import LATE, ReplayOutcome
from tools.retail.replay import replay
from tools.retail.requests import OddKind
from tools.stack.stack import Stack

LINKED = (Link.MATCHED, Link.MATCHED_OTHER_PRICE)


@pytest.fixture(scope="session")
def place() -> Path:
    return find(os.environ)


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with prepared_home(tmp_path_factory.mktemp("retail")) as home, Stack(patient(settings_at(home))) as running:
        yield running


@pytest.fixture(scope="module")
async def outcome(own_stack: Stack, place: Path) -> ReplayOutcome:
    where = own_stack.description
    with Progress(disable=True) as unseen:
        return await replay(where.api_url, where.owner_database_url, read(place).of_every_tenth_customer(), unseen)


@pytest.fixture(scope="module")
def links(place: Path) -> list[dict[str, str]]:
    """The links of the customers who are replayed, from the files alone."""
    lines = _rows(place / "lines_sample.csv")
    customers = sorted({row["CustomerID"] for row in lines if not row["InvoiceNo"].startswith("C")})[::10]
    theirs = {row["src_row"] for row in lines if row["CustomerID"] in customers}
    return [row for row in _rows(place / "return_links_derived.csv") if row["return_row"] in theirs]


def test_every_return_within_a_year_is_refunded_unless_there_is_no_sale_or_nothing_left(
    outcome: ReplayOutcome, links: list[dict[str, str]]
) -> None:
    year, of = outcome.year_window, Counter(row["status"] for row in links)

    assert len(year.asked) == len(links)
    assert year.count("completed", *LINKED) == year.count("completed") == sum(of[link] for link in LINKED) > 50
    assert year.count("quantity_not_available", Link.OVER_REMAINING_QTY) == of[Link.OVER_REMAINING_QTY]
    assert year.count("not_found", Link.NO_EARLIER_SALE) == of[Link.NO_EARLIER_SALE] > 0


def test_thirty_days_refuse_exactly_the_late_returns(
    outcome: ReplayOutcome, place: Path, links: list[dict[str, str]]
) -> None:
    default, late, of = outcome.default_window, _late_rows(place, links), Counter(row["status"] for row in links)

    refused = {each.wanted.cancelled.row for each in default.asked if each.answer == LATE}

    assert {row for row in refused if row in late} == late
    assert default.count(LATE, *LINKED) == len(late)
    in_time = sum(of[link] for link in LINKED) - len(late)
    assert default.count("completed", *LINKED) == default.count("completed") == in_time
    assert default.count("not_found", Link.NO_EARLIER_SALE) == of[Link.NO_EARLIER_SALE]
    over_remaining = (LATE, "quantity_not_available")
    answered = sum(default.count(answer, Link.OVER_REMAINING_QTY) for answer in over_remaining)
    assert answered == of[Link.OVER_REMAINING_QTY]


def test_every_penny_is_the_price_that_was_paid_for_it(outcome: ReplayOutcome, links: list[dict[str, str]]) -> None:
    money = outcome.year_window.money

    assert money.refunded == money.due == _paid_for_what_came_back(links)
    for each in outcome.passes:
        assert (each.money.mismatch, each.money.payout_mismatch, each.money.books_mismatch) == (0, 0, 0)


def test_odd_lines_are_taken_or_refused_with_a_code(outcome: ReplayOutcome) -> None:
    for each in outcome.passes:
        assert each.odd == {
            (OddKind.BAD_DEBT, "accepted"): 1,
            (OddKind.BAD_DEBT, "validation_failed"): 2,
            (OddKind.CANCELLED_WITHOUT_CUSTOMER, "not_found"): 120,
            (OddKind.WRITTEN_OFF, "validation_failed"): 60,
            (OddKind.FREE, "accepted"): 40,
        }


def test_nothing_is_unexpected_and_nothing_answers_with_a_server_error(outcome: ReplayOutcome) -> None:
    assert outcome.server_errors == {}
    assert outcome.faults == ()


def test_the_figures_are_one_flat_object_with_both_passes_inside(
    outcome: ReplayOutcome, place: Path, links: list[dict[str, str]]
) -> None:
    figures = outcome.as_json()

    assert (figures["returns"], figures["mismatch_minor"]) == (len(links), 0)
    assert figures["refunded"] + figures["over_remaining"] + figures["no_sale"] == len(links)
    assert figures["late"] == len(_late_rows(place, links))
    assert figures["P30D"]["refunded"] + figures["late"] == figures["P365D"]["refunded"]


def test_a_tenth_of_the_customers_is_replayed_with_all_that_is_theirs(place: Path) -> None:
    whole = read(place)

    tenth = whole.of_every_tenth_customer()

    kept = {sold[0].customer_id for sold in tenth.orders.values()}
    assert (len(whole.returns), len(kept)) == (784, 19)
    assert {each for each in whole.returns if each.cancelled.customer_id in kept} == set(tenth.returns)
    assert tenth.odd == whole.odd


def _late_rows(place: Path, links: list[dict[str, str]]) -> set[str]:
    """Find the cancellations that came after the end of the 30th day after their sale, from the files alone."""
    on = {
        row["src_row"]: datetime.fromisoformat(row["InvoiceDate"]).date() for row in _rows(place / "lines_sample.csv")
    }
    linked = [row for row in links if row["sale_row"]]
    return {row["return_row"] for row in linked if on[row["return_row"]] - on[row["sale_row"]] > timedelta(days=30)}


def _paid_for_what_came_back(links: list[dict[str, str]]) -> int:
    """Add up the linked quantities at the prices of their sales, in pence, from the links alone."""
    linked = [row for row in links if row["sale_row"]]
    return sum(int(row["return_qty"]) * round(float(row["sale_unit_price"]) * 100) for row in linked)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))
