"""What is kept, and shown, of how goods come back: the label, every parcel, and those that are lost on their way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.claims.lost_parcels import LostParcel, decided
from domain.sale.measures import Measure, times_of
from gateways.ports import Label, ParcelNews

_Lines = tuple[tuple[str, int], ...]
_Kept = Mapping[str, Any] | None


def shown_of(rma: str, label: Label, deliver_by: datetime) -> dict[str, Any]:
    """What people see of a return; each of its parcels has a label of its own."""
    return {
        "labels": [_shown_label(label, 1)],
        "rma": rma,
        "label_url": label.label_url,
        "address": label.address,
        "guide": label.guide,
        "deliver_by": deliver_by.isoformat(),
        "pickup_by": label.pickup_by.isoformat() if label.pickup_by else None,
        "carrier": None,
        "tracking_number": None,
    }


def labels_of(kept: _Kept) -> list[dict[str, Any]]:
    return list((kept or {}).get("labels", []))


def with_label(kept: _Kept, label: Label, parcel: int) -> dict[str, Any]:
    """Add the label of another parcel."""
    known = dict(kept or {})
    others = [each for each in labels_of(kept) if each["parcel"] != parcel]
    return {**known, "labels": [*others, _shown_label(label, parcel)]}


def with_tracking(kept: _Kept, news: ParcelNews) -> dict[str, Any]:
    """Write down how far the carrier says that a parcel has come."""
    known = dict(kept or {})
    said = {"tracked": str(news.state), "tracked_at": news.at.isoformat()}
    labels = [
        {**each, **said} if each["tracking_number"] == news.tracking_number else each
        for each in known.get("labels", [])
    ]
    return {**known, "labels": labels}


def _shown_label(label: Label, parcel: int) -> dict[str, Any]:
    return {
        "parcel": parcel,
        "label_url": label.label_url,
        "carrier": label.carrier,
        "tracking_number": label.tracking_number,
        "tracked": None,
        "tracked_at": None,
    }


def parcels_of(kept: _Kept) -> dict[str, Any]:
    """What is known of parcels, whatever label there is."""
    return {name: said for name, said in (kept or {}).items() if name in ("parcels", "lost")}


def with_parcel(kept: _Kept, tracking: dict[str, str]) -> dict[str, Any]:
    """Add a parcel to those that are on their way; the last one is shown by itself too."""
    known = dict(kept or {})
    parcels = [each for each in known.get("parcels", []) if each != tracking]
    return {**known, **tracking, "parcels": [*parcels, tracking]}


def lost_of(kept: _Kept) -> tuple[LostParcel, ...]:
    """Read which of several parcels are lost."""
    said = (kept or {}).get("lost", [])
    return tuple(LostParcel(tuple(each["lines"].items()), each["is_paid"]) for each in said)


def with_lost(kept: _Kept, lines: _Lines) -> dict[str, Any]:
    """Add a parcel of these units to those that are lost: a reviewer is asked about it."""
    return {**(kept or {}), "lost": _stored((*lost_of(kept), LostParcel(lines)))}


def with_lost_decided(kept: _Kept, *, is_paid: bool) -> dict[str, Any]:
    """Write down what a reviewer has decided about what is lost."""
    return {**(kept or {}), "lost": _stored(decided(lost_of(kept), is_paid=is_paid))}


def without_lost(kept: _Kept) -> dict[str, Any]:
    """What is kept where a refund is opened again: what was lost in an earlier round is asked about anew."""
    return {name: said for name, said in (kept or {}).items() if name != "lost"}


def units_in_words(units: Mapping[str, int], measures: Mapping[str, Measure]) -> str:
    return ", ".join(times_of(count, measures.get(line_id), line_id) for line_id, count in units.items())


def loss_in_words(lines: _Lines, note: str, measures: Mapping[str, Measure]) -> str:
    """Say what is lost: one of several parcels, where it is known what was in it, else all of it."""
    one = f"a parcel is lost on its way back ({units_in_words(dict(lines), measures)})"
    what = one if lines else "the parcel is lost on its way back"
    return what + (f": {note}" if note else "")


def _stored(lost: tuple[LostParcel, ...]) -> list[dict[str, Any]]:
    return [{"lines": dict(each.lines), "is_paid": each.is_paid} for each in lost]
