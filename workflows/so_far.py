"""Reading from our own database how far a refund has come: the audit trail has what people said, in order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.returns import InspectedLine, Inspection, Receipt, Shipment
from db import claims, effects, journal, messages
from domain.claims import ClaimState
from domain.messages import Topic
from domain.reasons import RefundStatus
from domain.review import Decision
from workflows.messages import ReviewInput, SoFar

_VERDICTS = {"approved": Decision.APPROVE, "review_rejected": Decision.REJECT}
_ENDS = {
    Topic.REJECTED: RefundStatus.REJECTED,
    Topic.CANCELLED: RefundStatus.CANCELLED,
    Topic.EXPIRED: RefundStatus.EXPIRED,
}


async def read(connection: AsyncConnection, refund: Row[Any]) -> SoFar:
    """Put together what a workflow that takes over has to know."""
    refund_id = refund.refund_id
    trail = await journal.trail_of_refund(connection, refund_id)
    steps = await effects.steps_of(connection, refund_id)
    sent = await messages.of_refund(connection, refund_id)
    told = tuple(Topic(row.topic) for row in sent if row.recipient != messages.OPERATIONS)
    shipments = tuple(_shipment(entry) for entry in trail if entry.action == "shipped")
    receipts = tuple(_receipt(entry) for entry in trail if entry.action == "parcel_received")
    deliver_by = (refund.goods_return or {}).get("deliver_by")
    return SoFar(
        status=_status(steps, shipments, receipts),
        evidence_requests=sum(entry.action == "evidence_requested" for entry in trail),
        verdict=next((_verdict(entry) for entry in trail if entry.action in _VERDICTS), None),
        shipments=shipments,
        receipts=receipts,
        inspection=next((_inspection(entry) for entry in trail if entry.action == "inspected"), None),
        deliver_by=datetime.fromisoformat(deliver_by) if deliver_by else None,
        told=told,
        occurrence=_highest([*steps, *(f":{row.subject}" for row in sent)]),
        stopped=_end(refund, told, trail) if await _is_being_undone(connection, refund_id, steps) else None,
    )


def _status(steps: dict[str, bool], shipments: Sequence[Shipment], receipts: Sequence[Receipt]) -> RefundStatus:
    """Name the phase that a refund is in, whatever its row says of a call for help that nobody hears any more."""
    phases = [
        (RefundStatus.RESTORING, effects.PAID in steps),
        (RefundStatus.PAYING_OUT, "hold" in steps),
        (RefundStatus.INSPECTING, bool(receipts)),
        (RefundStatus.IN_TRANSIT, bool(shipments)),
        (RefundStatus.AWAITING_RETURN, "issue_return" in steps),
    ]
    return next((status for status, is_reached in phases if is_reached), RefundStatus.IN_REVIEW)


async def _is_being_undone(connection: AsyncConnection, refund_id: str, steps: dict[str, bool]) -> bool:
    if any(steps.values()):
        return True
    claimed = (await claims.rows_of(connection, [refund_id]))[refund_id]
    return any(claim.state == ClaimState.RELEASED for claim in claimed)


def _end(refund: Row[Any], told: Sequence[Topic], trail: Sequence[Row[Any]]) -> RefundStatus:
    """How a refund ends that was being undone: as the customer was told, else for the reason that can be seen."""
    for topic, status in _ENDS.items():
        if topic in told:
            return status
    actions = {entry.action for entry in trail}
    if actions & {"review_rejected", "inspected", "payout_declined"}:
        return RefundStatus.REJECTED
    deliver_by = (refund.goods_return or {}).get("deliver_by")
    is_overdue = deliver_by is not None and datetime.fromisoformat(deliver_by) < datetime.now(UTC)
    return RefundStatus.EXPIRED if is_overdue and "shipped" not in actions else RefundStatus.CANCELLED


def _verdict(entry: Row[Any]) -> ReviewInput:
    return ReviewInput(_VERDICTS[entry.action], entry.actor, entry.detail.get("note") or "")


def _shipment(entry: Row[Any]) -> Shipment:
    return Shipment(entry.detail["carrier"], entry.detail["tracking_number"], entry.actor)


def _receipt(entry: Row[Any]) -> Receipt:
    return Receipt(tuple(entry.detail["received"].items()), entry.actor)


def _inspection(entry: Row[Any]) -> Inspection:
    found = (
        InspectedLine(line_id, accepted, rejected, disposition, "")
        for line_id, (accepted, rejected, disposition) in entry.detail.items()
    )
    return Inspection(tuple(found), entry.actor)


def _highest(named: Sequence[str]) -> int:
    """The number at the end of `attention:3`, `:4`, …"""
    return max((int(number) for name in named if (number := name.rpartition(":")[2]).isdigit()), default=0)
