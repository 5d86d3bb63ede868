"""Examples of bulks of refunds."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def examples(at: Callable[[int], str]) -> dict[str, Json]:
    """Return them by schema; `at` names a moment so many days from today."""
    shown = _totals()
    summary: Json = {"bulk_id": "blk_4f0d6a1e", "status": "running", "asked_by": "ops", "line_count": 2}
    summary |= {"same_as": None, "totals": shown, "created_at": at(-1), "previewed_at": at(-1), "confirmed_by": "ops"}
    summary |= {"confirmed_at": at(-1), "begins_at": at(0), "stopped_by": None, "stopped_at": None}
    summary |= {"completed_at": None, "trouble": None}
    counts = dict.fromkeys(("waiting", "ready", "changed", "failed", "stopped"), 0) | {"refused": 1, "begun": 1}
    bulk = {**summary, "counts": counts, "refunds": {"completed": 1}, "lines": _lines(), "next_lines": None}
    confirmed = {"totals": [{"currency": "CNY", "amount": 54_750}], "confirm_duplicate": False}
    return {
        "BulkAnswer": bulk,
        "BulkList": {"items": [summary]},
        "BulkConfirmation": confirmed,
        "BulkStop": {},
    }


def _totals() -> list[Json]:
    part: Json = {"lines": 1, "amount": 54_750}
    tenders, reasons = [{"tender": "card", **part}], [{"reason": "quality_issue", **part}]
    return [{"currency": "CNY", **part, "tenders": tenders, "reasons": reasons}]


def _lines() -> list[Json]:
    preview: Json = {"currency": "CNY", "total": 54_750, "reason": "quality_issue", "kind": "refund_only"}
    preview |= {"payouts": [{"payment_id": "p1", "tender": "card", "amount": 54_750}]}
    begun: Json = {"line": 1, "status": "begun", "order_id": "o1", "refund_id": "rf_9d1c4b7a2e6f8053c1aa"}
    begun |= {"code": None, "detail": None, "errors": [], "preview": preview}
    wrong = {"pointer": "/lines/0/quantity", "detail": "Input should be greater than or equal to 1"}
    refused: Json = {"line": 2, "status": "refused", "order_id": "o2", "refund_id": None, "code": "validation_failed"}
    refused |= {"detail": "{pointer}: {detail}".format(**wrong), "errors": [wrong], "preview": None}
    return [begun, refused]
