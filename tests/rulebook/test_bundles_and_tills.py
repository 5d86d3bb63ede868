"""Bundles, and lines that a till writes below zero, over HTTP (rule 47)."""

import pytest

from tests.rulebook.test_measured_quantities import of
from tests.shop import Shop, a_line
from tools.client import Json, Refused


def a_set_and_a_book() -> Json:
    """A pot, two lids that were weighed, and a book; pot and lids come back only together."""
    lids = {"line_id": "l2", "quantity": "0.6", "unit": "kg", "total": 20_00, "bundle_id": "set"}
    lines = [a_line("l1", unit_price=80_00, bundle_id="set"), lids, a_line("l3")]
    return {"lines": lines, "bundles": [{"bundle_id": "set", "parts": "together"}]}


async def test_parts_that_come_back_only_together_are_refused_with_what_lacks(shop: Shop) -> None:
    await shop.lenient_policy()
    pushed = await shop.order(**a_set_and_a_book())

    with pytest.raises(Refused, match=r"422 bundle_incomplete.*'set'.*ask for 0\.6 kg of l2 as well"):
        await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])
    asked = [{"line_id": "l1", "quantity": 1}, {"line_id": "l2", "quantity": "0.6"}]
    together = await shop.approved_refund(reason="changed_mind", lines=asked)

    assert pushed["bundles"] == [{"bundle_id": "set", "parts": "together"}]
    assert [line.get("bundle_id") for line in pushed["lines"]] == ["set", "set", None]
    assert (of(together)["amount"], of(together, "l2")["amount"], together["total"]) == (80_00, 20_00, 100_00)


async def test_a_part_comes_back_alone_where_the_merchant_is_at_fault(shop: Shop) -> None:
    await shop.order(**a_set_and_a_book())

    broken = await shop.approved_refund(reason="quality_issue", lines=[{"line_id": "l2", "quantity": "0.3"}])

    assert broken["total"] == 10_00


async def test_a_receipt_with_lines_below_zero_comes_back_to_what_was_paid(shop: Shop) -> None:
    lines = [
        a_line("l1", unit_price=19_99, tax=3_19, bundle_id="jam"),
        a_line("l2", unit_price=7_99),
        {"line_id": "off", "quantity": 1, "total": -3_00, "tax": -48, "bundle_id": "jam"},
        {"line_id": "empties", "kind": "deposit", "quantity": 1, "unit_price": -25},
        {"line_id": "rounding", "kind": "rounding", "quantity": 1, "total": -2},
    ]
    await shop.lenient_policy()
    pushed = await shop.order(lines=lines)

    first = await shop.approved_refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])
    rest = await shop.approved_refund(reason="changed_mind")

    assert [(line["total"], line["tax"]) for line in pushed["lines"] if "total" in line] == [(-3_00, -48), (-2, 0)]
    assert (of(first)["amount"], of(first)["tax"], rest["total"]) == (16_81, 2_71, 7_90)
    assert first["total"] + rest["total"] == pushed["payments"][0]["amount"] == 24_71
