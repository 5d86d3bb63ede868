"""How long a refund was in each of its stages, told from its timeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus

_ENDS = (AuditAction.COMPLETED, AuditAction.REJECTED, AuditAction.CANCELLED, AuditAction.EXPIRED)

_BEGINS: Mapping[str, RefundStatus] = {
    AuditAction.REQUESTED: RefundStatus.IN_REVIEW,
    AuditAction.REOPENED: RefundStatus.IN_REVIEW,
    AuditAction.APPROVED: RefundStatus.AWAITING_RETURN,
    AuditAction.SHIPPED: RefundStatus.IN_TRANSIT,
    AuditAction.PARCEL_RECEIVED: RefundStatus.INSPECTING,
    AuditAction.SETTLED: RefundStatus.PAYING_OUT,
    AuditAction.PAID: RefundStatus.RESTORING,
}

_LEAVES: Mapping[str, tuple[RefundStatus, ...]] = {
    AuditAction.APPROVED: (RefundStatus.IN_REVIEW,),
    AuditAction.REVIEW_REJECTED: (RefundStatus.IN_REVIEW,),
    AuditAction.SHIPPED: (RefundStatus.AWAITING_RETURN,),
    AuditAction.PARCEL_RECEIVED: (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT),
    AuditAction.INSPECTED: (RefundStatus.INSPECTING,),
    AuditAction.PAID: (RefundStatus.PAYING_OUT,),
    AuditAction.COMPLETED: (RefundStatus.RESTORING,),
}

TIMED = tuple({*_BEGINS, *_LEAVES, *_ENDS})
"""The entries of a timeline that stages are told from."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of a timeline."""

    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stages:
    """How long a refund took, in all and in each stage that it went through to its end; each may be left out."""

    each: Mapping[RefundStatus, timedelta]
    whole: timedelta | None


def stages(timeline: Iterable[Moment]) -> Stages:
    """Tell the stages of a refund's last life, from its oldest entry to its last: what was over may begin anew.

    A call for help covers a stage and does not end it. Of several parcels the first that is here ends the wait for it.
    """
    began_at: datetime | None = None
    begun: dict[RefundStatus, datetime] = {}
    took: dict[RefundStatus, timedelta] = {}
    told = Stages({}, None)
    for moment in timeline:
        began_at = began_at or moment.at
        for stage in _LEAVES.get(moment.event, ()):
            if stage in begun:
                took[stage] = moment.at - begun.pop(stage)
        if moment.event in _BEGINS:
            begun.setdefault(_BEGINS[moment.event], moment.at)
        if moment.event in _ENDS:
            told = Stages(took, moment.at - began_at)
            began_at, begun, took = None, {}, {}
    return told
