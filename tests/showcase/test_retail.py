"""A real shop's year, replayed over HTTP on the whole file: what must come of every line."""

import csv
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress

from showcase.retail_data import Link, find, read
from showcase.retail_home import patient
from showcase.retail_outcome import LATE, Outcome
from showcase.retail_replay import replay
from showcase.retail_requests import OddKind
from stack.stack import Stack
from tests.conftest import settings_at
from tests.stack.helpers import fresh_home

LINKED = (Link.MATCHED, Link.MATCHED_OTHER_PRICE)


@pytest.fixture(scope="session")
def place() -> Path:
    return find(os.environ)


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with fresh_home(tmp_path_factory.mktemp("retail")) as home, Stack(patient(settings_at(home))) as running:
        yield running


@pytest.fixture(scope="module")
async def outcome(own_stack: Stack, place: Path) -> Outcome:
    where = own_stack.description
    with Progress(disable=True) as unseen:
        return await replay(where.api_url, where.database_url, read(place), unseen)


def test_every_return_within_a_year_is_refunded_unless_there_is_no_sale_or_nothing_left(outcome: Outcome) -> None:
    year = outcome.year_window

    assert len(year.asked) == 784
    assert year.count("completed", *LINKED) == year.count("completed") == 678
    assert year.count("quantity_not_available", Link.OVER_REMAINING_QTY) == 11
    assert year.count("not_found", Link.NO_EARLIER_SALE) == 95


def test_thirty_days_refuse_exactly_the_late_returns(outcome: Outcome, place: Path) -> None:
    default, late = outcome.default_window, _late_rows(place)

    refused = {each.wanted.cancelled.row for each in default.asked if each.answer == LATE}

    assert {row for row in refused if row in late} == late
    assert default.count(LATE, *LINKED) == len(late)
    assert default.count("completed", *LINKED) == default.count("completed") == 678 - len(late)
    assert default.count("not_found", Link.NO_EARLIER_SALE) == 95
    over_remaining = (LATE, "quantity_not_available")
    assert sum(default.count(answer, Link.OVER_REMAINING_QTY) for answer in over_remaining) == 11


def test_every_penny_is_the_price_that_was_paid_for_it(outcome: Outcome, place: Path) -> None:
    money = outcome.year_window.money

    assert money.refunded == money.due == _paid_for_what_came_back(place)
    for each in outcome.passes:
        assert (each.money.mismatch, each.money.payout_mismatch, each.money.books_mismatch) == (0, 0, 0)


def test_odd_lines_are_taken_or_refused_with_a_code(outcome: Outcome) -> None:
    for each in outcome.passes:
        assert each.odd == {
            (OddKind.BAD_DEBT, "accepted"): 1,
            (OddKind.BAD_DEBT, "validation_failed"): 2,
            (OddKind.CANCELLED_WITHOUT_CUSTOMER, "not_found"): 120,
            (OddKind.WRITTEN_OFF, "validation_failed"): 60,
            (OddKind.FREE, "accepted"): 40,
        }


def test_nothing_is_unexpected_and_nothing_answers_with_a_server_error(outcome: Outcome) -> None:
    assert outcome.server_errors == {}
    assert outcome.faults == ()


def test_the_figures_are_one_flat_object_with_both_passes_inside(outcome: Outcome, place: Path) -> None:
    figures = outcome.as_json()

    assert (figures["returns"], figures["refunded"], figures["over_remaining"]) == (784, 678, 11)
    assert (figures["no_sale"], figures["late"], figures["mismatch_minor"]) == (95, len(_late_rows(place)), 0)
    assert figures["P30D"]["refunded"] + figures["late"] == figures["P365D"]["refunded"]


def _late_rows(place: Path) -> set[str]:
    """Find the linked cancellations of more than 30 days after their sale, from the files alone."""
    at = {row["src_row"]: datetime.fromisoformat(row["InvoiceDate"]) for row in _rows(place / "lines_sample.csv")}
    linked = [row for row in _rows(place / "return_links_derived.csv") if row["sale_row"]]
    return {row["return_row"] for row in linked if at[row["return_row"]] - at[row["sale_row"]] > timedelta(days=30)}


def _paid_for_what_came_back(place: Path) -> int:
    """Add up the linked quantities at the prices of their sales, in pence, from the links alone."""
    linked = [row for row in _rows(place / "return_links_derived.csv") if row["sale_row"]]
    return sum(int(row["return_qty"]) * round(float(row["sale_unit_price"]) * 100) for row in linked)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))
