"""The steps of a refund by name, and the keys under which it is remembered which of them were done."""

from enum import StrEnum

from domain.payout.keys import joined

ROUND = "@"
"""What stands between the name of a step and its round."""


class Step(StrEnum):
    """What a refund does, or notes, once: the first group once a round, the second once for each time it is said."""

    CLAIM_AGAIN = "claim_again"
    ISSUE_RETURN = "issue_return"
    LOSS = "loss"
    HOLD = "hold"
    CONFIRM_PAYOUTS = "confirm_payouts"
    TAKEN_BACK = "taken_back"
    REINSTATE_COUPONS = "reinstate_coupons"
    RESTORE_POINTS = "restore_points"
    RECALCULATE_CAMPAIGNS = "recalculate_campaigns"
    WITHDRAW_GRANTS = "withdraw_grants"
    REINSTATE_EXCLUSIVE_DISCOUNTS = "reinstate_exclusive_discounts"
    RECALCULATE_TIER = "recalculate_tier"
    RETURN_UNITS = "return_units"
    MOVE_STOCK = "move_stock"
    CLOSE = "close"
    ELSEWHERE = "elsewhere"

    RUN = "run"
    BEGUN = "begun"
    LOAD = "load"
    DECISION = "decision"
    CANCEL = "cancel"
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    INSPECTION = "inspection"
    LATE_PARCEL = "late_parcel"
    ATTENTION = "attention"
    RESOLUTION = "resolution"
    UNHEARD = "unheard"

    def in_round(self, round_: int, *about: str) -> str:
        """Name the step of a round, and what it is about where there are several: `hold`, `hold@2`, `taken_back:p1`.

        What a later round does is no repeat of what an earlier one did.
        """
        name = joined(self, *about)
        return joined(name, by=ROUND) if round_ == 1 else joined(name, round_, by=ROUND)

    def said(self, occurrence: str) -> str:
        """Name one of several times that something is noted: `decision:<occurrence>`."""
        return f"{self}:{occurrence}"

    @staticmethod
    def round_of(key: str) -> int:
        """Tell the round of a key."""
        return int(key.partition(ROUND)[2] or 1)

    def is_of(self, key: str) -> bool:
        """Tell whether a key is this step's, in whichever round."""
        return key.partition(ROUND)[0] == self
