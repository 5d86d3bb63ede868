"""Examples of the reviewers' queue, and of goods that come back; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import REFUND_ID, Json


def answers(at: Callable[[int], str], summary: Json) -> dict[str, Json]:
    """`at` tells a moment so many days from today; summary: the refund in a list."""
    assignment = {"refund_id": REFUND_ID, "assigned_to": "reviewer:han.meimei", "until": at(0), "is_yours": True}
    why = {"code": "reason_not_listed", "message": "changed_mind is not among the reasons that a rule approves"}
    waiting = {
        **{**summary, "status": "in_review", "completed_at": None, "due_at": at(1), "risk_score": 5},
        **{"waits_because": [why], "approvals_needed": 1, "approvals": 0, "evidence_requested": False},
        "assignment": assignment,
    }
    part = {"lines": 1, "amount": summary["total"]}
    by = {"tenders": [{"tender": "card", **part}], "reasons": [{"reason": "changed_mind", **part}]}
    precedent: Json = {"refund_id": REFUND_ID, "order_id": "o7", "decision": "approve", "by": "reviewer:han.meimei"}
    precedent |= {"note": "a regular", "reason_code": None, "same_category": True, "risk_score": 5, "currency": "CNY"}
    precedent |= {"total": 32_000, "created_at": at(-9)}
    alike = {"reason": "changed_mind", "kind": "return", "risk": "low", "approved": 12, "rejected": 1}
    boots = {"line_id": "l1", "sku": "A-1", "name": "Boots", "unit": None, "quantity": 1, "expected": 0, "received": 1}
    line = {**boots, "accepted": 1, "rejected": 0, "disposition": "restock"}
    goods = {"refund_id": REFUND_ID, "order_id": "o1", "status": "completed", "rma": "RMA-4F3A62D817"}
    return {
        "AssignmentAnswer": assignment,
        "WaitingReviewAnswer": waiting,
        "ReviewQueue": {"waiting": 1, "overdue": 0, "items": [waiting], "next": None},
        "SafeReviews": {"waiting": 1, "items": [waiting], "totals": [{"currency": "CNY", **part, **by}]},
        "PrecedentAnswer": precedent,
        "Precedents": {**alike, "items": [precedent]},
        "GoodsLineAnswer": line,
        "GoodsAnswer": {**goods, "lines": [line], "next_lines": None},
    }
