"""Rows that earlier versions stored are read, and settle to the same figures, as histories are replayed.

Each file of `recorded` is what one refund left in the tables, taken from Postgres with `to_jsonb`, by the version that
`UNVERSIONED` and its followers name. A file is never changed: who changes a document's shape adds another.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.settlement import SettlementSummary
from db.codec import from_json
from db.rows import StoredDocument
from db.sales import sale_from_json
from domain.campaigns.campaigns import Campaign
from domain.policy import Policy
from domain.rights.risk import Risk
from domain.sale.orders import Order
from domain.sale.units import Units
from domain.settlement.differences import Difference
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement

RECORDED = Path(__file__).with_name("recorded")
UNVERSIONED = sorted(path.stem for path in RECORDED.glob("*.json"))
"""Recorded before documents had versions."""


@pytest.fixture(params=UNVERSIONED)
def rows(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{request.param}.json").read_text(encoding="utf-8"))
    return found


def refund_of(rows: dict[str, Any]) -> dict[str, Any]:
    (refund,) = rows["refunds"]
    return dict(refund)


def settled_anew(rows: dict[str, Any], basis: str) -> Settlement:
    """Work a stored basis out again, with the order, the sale and the policy that were stored beside it."""
    (order,), (policy,) = rows["orders"], rows["policies"]
    sold = from_json(Order, order["snapshot"]), sale_from_json(order["sale"])
    return (
        StoredDocument(SettlementInputs, refund_of(rows)[basis])
        .read()
        .settle(*sold, from_json(Policy, policy["document"]))
    )


def test_a_recorded_quote_comes_to_the_same_figures_and_explanations(rows: dict[str, Any]) -> None:
    assert StoredDocument(Settlement, refund_of(rows)["quote"]).read() == settled_anew(rows, "quote_basis")


def test_a_recorded_settlement_pays_the_same(rows: dict[str, Any]) -> None:
    stored, again = StoredDocument(Settlement, refund_of(rows)["settlement"]).read(), settled_anew(rows, "basis")

    assert (stored.total, stored.payouts, stored.deductions) == (again.total, again.payouts, again.deductions)
    assert stored.explanations == again.explanations


def test_what_a_recorded_step_kept_says_how_much_was_settled(rows: dict[str, Any]) -> None:
    (hold,) = (row for row in rows["steps"] if row["step"] == "hold")

    settled = from_json(SettlementSummary, hold["result"])

    assert settled.total == StoredDocument(Settlement, refund_of(rows)["settlement"]).read().total
    assert not any(name.startswith("has_") for name in SettlementSummary.__dataclass_fields__)


def test_every_other_recorded_document_is_read(rows: dict[str, Any]) -> None:
    refund = refund_of(rows)

    assert all(from_json(Units, claim["units"]).count == claim["unit_count"] for claim in rows["claims"])
    assert all(from_json(Campaign, row["terms"]).campaign_id == row["campaign_id"] for row in rows["campaigns"])
    assert from_json(Risk, refund["risk"]).score >= 0
    assert refund["differs"] is None or from_json(Difference, refund["differs"]).causes
