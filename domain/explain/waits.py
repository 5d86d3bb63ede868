"""For what a customer waited longest in a refund: that is what their opinion of it is about."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class WaitedFor(StrEnum):
    """The parts of a refund's way."""

    DECISION = "decision"
    PARCEL = "parcel"
    INSPECTION = "inspection"
    MONEY = "money"
    ENTITLEMENTS = "entitlements"


_PARTS = {
    WaitedFor.DECISION: (("requested",), "answered"),
    WaitedFor.PARCEL: (("approved",), "received"),
    WaitedFor.INSPECTION: (("received",), "inspected"),
    WaitedFor.MONEY: (("inspected", "received", "approved"), "paid"),
    WaitedFor.ENTITLEMENTS: (("paid",), "completed"),
}
"""Where each begins, the first of the marks that is there, and where it ends."""


def longest_wait(marks: Mapping[str, datetime | None]) -> WaitedFor:
    """Say which part took longest, by the first time of each mark; a refund that was not answered waits for that."""
    lasted: dict[WaitedFor, timedelta] = {}
    for part, (begins, ends) in _PARTS.items():
        begun = next((moment for name in begins if (moment := marks.get(name)) is not None), None)
        ended = marks.get(ends)
        if begun is not None and ended is not None:
            lasted[part] = ended - begun
    return max(lasted, key=lambda part: lasted[part], default=WaitedFor.DECISION)
