"""Why a refund comes to nothing, and which evidence is asked for: codes with a text in every language (rule 38).

A reviewer's own words stay in the house: they are in whatever language the reviewer writes.
"""

from enum import StrEnum

from domain.lifecycle import RefundStatus


class RejectionReason(StrEnum):
    """Why a reviewer rejects a request; `other` stands where none was given."""

    OUTSIDE_RETURN_WINDOW = "outside_return_window"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    GOODS_USED = "goods_used"
    GOODS_AS_DESCRIBED = "goods_as_described"
    NOT_RETURNABLE = "not_returnable"
    SOLVED_OTHERWISE = "solved_otherwise"
    UNUSUAL_ACTIVITY = "unusual_activity"
    OTHER = "other"


class HouseReason(StrEnum):
    """Why a refund comes to nothing without a reviewer's word."""

    REVIEW_TIMED_OUT = "review_timed_out"
    NOTHING_ACCEPTED = "nothing_accepted"
    PAYMENT_DISPUTED = "payment_disputed"
    NO_PARCEL_SENT = "no_parcel_sent"
    PARCEL_TOO_LATE = "parcel_too_late"
    CANCELLED = "cancelled"
    CANCELLED_BY_CUSTOMER = "cancelled_by_customer"
    CANCELLED_BY_MERCHANT = "cancelled_by_merchant"


EndedBecause = RejectionReason | HouseReason
"""Why a refund came to nothing; no code is of both."""


class EvidenceWanted(StrEnum):
    """What a reviewer asks the customer for; `other` stands where nothing was said."""

    PHOTO_OF_GOODS = "photo_of_goods"
    PHOTO_OF_PARCEL = "photo_of_parcel"
    VIDEO = "video"
    REPORT = "report"
    OTHER = "other"


_WITHOUT_A_CODE: dict[RefundStatus, EndedBecause] = {
    RefundStatus.REJECTED: RejectionReason.OTHER,
    RefundStatus.CANCELLED: HouseReason.CANCELLED,
    RefundStatus.EXPIRED: HouseReason.NO_PARCEL_SENT,
}
"""What is said of refunds that ended before there were codes."""

_CALLED_OFF: dict[str, EndedBecause] = {
    "customer": HouseReason.CANCELLED_BY_CUSTOMER,
    "merchant": HouseReason.CANCELLED_BY_MERCHANT,
}


def ended_because(status: RefundStatus, code: str | None) -> EndedBecause | None:
    """Return why a refund came to nothing; None while it is open, and where it is complete."""
    general = _WITHOUT_A_CODE.get(status)
    return stored_reason(code) or general if general else None


def stored_reason(code: str | None) -> EndedBecause | None:
    """Read a code that was stored, perhaps by a later version; None for one that we don't know."""
    for reasons in (RejectionReason, HouseReason):
        if code in set(reasons):
            return reasons(code)
    return None


def called_off_by(role: str) -> EndedBecause:
    """Say who called a refund off, by the role of their key; of others, as people at Temporal, it is not said."""
    return _CALLED_OFF.get(role, HouseReason.CANCELLED)
