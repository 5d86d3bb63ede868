"""Where a refund is on its way: the stages that it comes through, and which of them is now."""

from dataclasses import dataclass
from enum import StrEnum

from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus
from web.calling import Json


class Stage(StrEnum):
    """One step of the way, as a customer would name it."""

    ASKED = "asked"
    REVIEWED = "reviewed"
    SENT_BACK = "sent_back"
    ARRIVED = "arrived"
    CHECKED = "checked"
    PAID = "paid"
    MADE_WHOLE = "made_whole"


class Reached(StrEnum):
    """How far it is with a stage."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Story:
    """stages: in their order, with how far each is. until: by when what comes next happens; None where nobody knows."""

    stages: tuple[tuple[Stage, Reached], ...]
    until: str | None
    has_stopped: bool


_WAITS_FOR = {
    RefundStatus.IN_REVIEW: Stage.REVIEWED,
    RefundStatus.AWAITING_RETURN: Stage.SENT_BACK,
    RefundStatus.IN_TRANSIT: Stage.ARRIVED,
    RefundStatus.INSPECTING: Stage.CHECKED,
    RefundStatus.PAYING_OUT: Stage.PAID,
    RefundStatus.RESTORING: Stage.MADE_WHOLE,
}
_WITH_GOODS = (Stage.SENT_BACK, Stage.ARRIVED, Stage.CHECKED)
_STOPPED = (RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED)


def story_of(refund: Json) -> Story:
    """Tell where a refund is, of what the API answered about it."""
    status = RefundStatus(refund["status"])
    goods = _WITH_GOODS if refund["kind"] == "return" else ()
    stages = (Stage.ASKED, Stage.REVIEWED, *goods, Stage.PAID, Stage.MADE_WHOLE)
    now = len(stages) if status is RefundStatus.COMPLETED else _place(stages, status, refund)
    at_it = Reached.AHEAD if status in _STOPPED else Reached.NOW
    reached = (*[Reached.DONE] * now, at_it, *[Reached.AHEAD] * len(stages))
    return Story(tuple(zip(stages, reached, strict=False)), _until(refund, status), status in _STOPPED)


def _place(stages: tuple[Stage, ...], status: RefundStatus, refund: Json) -> int:
    """Which stage is now; one that has stopped, or that people look at, is where its timeline got to."""
    if (waits_for := _WAITS_FOR.get(status)) in stages and waits_for is not None:
        return stages.index(waits_for)
    happened = {entry["event"] for entry in refund["timeline"]}
    told = (
        (AuditAction.PAID, Stage.MADE_WHOLE),
        (AuditAction.SETTLED, Stage.PAID),
        (AuditAction.PARCEL_RECEIVED, Stage.CHECKED),
        (AuditAction.SHIPPED, Stage.ARRIVED),
        (AuditAction.APPROVED, stages[2]),
    )
    return next((stages.index(stage) for event, stage in told if event in happened and stage in stages), 1)


def _until(refund: Json, status: RefundStatus) -> str | None:
    goods = refund["return"] or {}
    if status is RefundStatus.AWAITING_RETURN:
        return goods.get("pickup_by") or goods.get("deliver_by")
    coming = [each for each in refund["payouts"] if each["status"] != "failed"]
    expected = [each["expected_by"] for each in coming if each["expected_by"]]
    return max(expected) if expected and status in (RefundStatus.PAYING_OUT, RefundStatus.RESTORING) else None
