"""What is read from the database has a column for everything that it names, in the type that it says."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from sqlalchemy import Table

from db import schema
from db.codec import to_json
from db.read_models import ClaimRow, ListedRefund, MessageRow, Payout, Refund, RewardRow, SuspensionRow, TimelineEvent
from db.rows import StoredDocument, read
from domain.entitlements.points import PointsEffect
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money

_OF_TABLES = [
    (Refund, schema.refunds),
    (ClaimRow, schema.refund_claims),
    (Payout, schema.payouts),
    (MessageRow, schema.messages),
    (TimelineEvent, schema.refund_events),
    (RewardRow, schema.campaign_rewards),
    (SuspensionRow, schema.suspensions),
]


@pytest.mark.parametrize(("kind", "table"), _OF_TABLES, ids=lambda each: getattr(each, "__name__", ""))
def test_each_field_is_a_column_that_may_be_null_where_the_field_may_be_none(kind: Any, table: Table) -> None:
    for name, field in kind.__dataclass_fields__.items():
        assert (type(None) in get_args(field.type)) == table.c[name].nullable, f"{kind.__name__}.{name}"


def listed(**columns: Any) -> Any:
    """A row as it comes from Postgres."""
    return SimpleNamespace(
        **{
            "refund_id": "rf_1",
            "order_id": "o1",
            "customer_id": "lilei",
            "status": "completed",
            "currency": "CNY",
            "reason": "quality_issue",
            "given_reasons": None,
            "guest": None,
            "external": None,
            "beneficiary": None,
            "kind": "return",
            "needs_attention": None,
            "created_at": datetime(2026, 3, 1, tzinfo=UTC),
            "completed_at": None,
            "total": to_json(Money("CNY", 100)),
            "points": None,
            **columns,
        }
    )


def test_a_status_is_one_of_those_that_there_are() -> None:
    assert read(ListedRefund, listed()).status is RefundStatus.COMPLETED
    with pytest.raises(ValueError, match="paid_twice"):
        read(ListedRefund, listed(status="paid_twice"))


def test_a_document_is_read_when_it_is_asked_for_and_not_before() -> None:
    refund = read(ListedRefund, listed(points={"not": "points"}))

    assert refund.total.read() == Money("CNY", 100)
    assert refund.points == StoredDocument(PointsEffect, {"not": "points"})
