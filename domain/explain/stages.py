"""How long a refund was in each of its stages, told from its timeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.lifecycle import RefundStatus

_ENDS = ("completed", "rejected", "cancelled", "expired")

_BEGINS: Mapping[str, RefundStatus] = {
    "requested": RefundStatus.IN_REVIEW,
    "reopened": RefundStatus.IN_REVIEW,
    "approved": RefundStatus.AWAITING_RETURN,
    "shipped": RefundStatus.IN_TRANSIT,
    "parcel_received": RefundStatus.INSPECTING,
    "settled": RefundStatus.PAYING_OUT,
    "paid": RefundStatus.RESTORING,
}

_LEAVES: Mapping[str, tuple[RefundStatus, ...]] = {
    "approved": (RefundStatus.IN_REVIEW,),
    "review_rejected": (RefundStatus.IN_REVIEW,),
    "shipped": (RefundStatus.AWAITING_RETURN,),
    "parcel_received": (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT),
    "inspected": (RefundStatus.INSPECTING,),
    "paid": (RefundStatus.PAYING_OUT,),
    "completed": (RefundStatus.RESTORING,),
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
