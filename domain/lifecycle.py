"""The lives of payouts and refunds: which status may follow which, for everybody who writes one."""

from collections.abc import Mapping
from enum import StrEnum


class RefundStatus(StrEnum):
    """Where a refund stands; `completed`, `rejected`, `cancelled` and `expired` are the end."""

    IN_REVIEW = "in_review"
    AWAITING_RETURN = "awaiting_return"
    IN_TRANSIT = "in_transit"
    INSPECTING = "inspecting"
    PAYING_OUT = "paying_out"
    RESTORING = "restoring"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def is_final(self) -> bool:
        return self in (self.COMPLETED, self.REJECTED, self.CANCELLED, self.EXPIRED)


class PayoutStatus(StrEnum):
    """Only `succeeded` is paid (rule 35). `waiting_for_balance`: the merchant's balance at the provider is too low."""

    PLANNED = "planned"
    REQUESTED = "requested"
    PENDING = "pending"
    WAITING_FOR_BALANCE = "waiting_for_balance"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class PaidBy(StrEnum):
    """Who paid a payment's share of a refund, once it is `succeeded`."""

    GATEWAY = "gateway"
    STORE_CREDIT = "store_credit"
    HAND = "hand"  # people, outside of makewhole
    EXTERNAL = "external"  # it had gone back elsewhere, or was lost in a dispute (rules 51 and 52)
    BOOKS = "books"  # a gift card goes back to itself; what no provider took, the merchant hands back
    NOBODY = "nobody"  # it is less than a minor unit of the payment's currency (rule 53)


_AT_THE_PROVIDER = frozenset({PayoutStatus.PENDING, PayoutStatus.WAITING_FOR_BALANCE})

_PAYOUTS: Mapping[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.PLANNED: frozenset({PayoutStatus.REQUESTED, PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED}),
    PayoutStatus.REQUESTED: _AT_THE_PROVIDER | {PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED},
    PayoutStatus.PENDING: frozenset({PayoutStatus.WAITING_FOR_BALANCE, PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED}),
    PayoutStatus.WAITING_FOR_BALANCE: frozenset({PayoutStatus.PENDING, PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED}),
    PayoutStatus.SUCCEEDED: frozenset({PayoutStatus.DECLINED}),  # the provider took it back
    PayoutStatus.DECLINED: frozenset({PayoutStatus.PLANNED, PayoutStatus.SUCCEEDED}),  # asked anew, or made good
}

COURSE = (
    RefundStatus.IN_REVIEW,
    RefundStatus.AWAITING_RETURN,
    RefundStatus.IN_TRANSIT,
    RefundStatus.INSPECTING,
    RefundStatus.PAYING_OUT,
    RefundStatus.RESTORING,
)
"""The statuses of a refund that is not over, in the order in which it comes to them."""

_AWAITED = (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT)
_STOPPED = frozenset({RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED})
_OPEN = frozenset(COURSE) | {RefundStatus.NEEDS_ATTENTION}
_ANYWHERE = frozenset({RefundStatus.NEEDS_ATTENTION, RefundStatus.COMPLETED})

_REFUNDS: Mapping[RefundStatus, frozenset[RefundStatus]] = {
    **{status: frozenset(COURSE[place:]) | _STOPPED | _ANYWHERE for place, status in enumerate(COURSE)},
    # A call for help covers any status, and is left for any.
    RefundStatus.NEEDS_ATTENTION: _OPEN | _STOPPED | _ANYWHERE,
    # Money comes back: what was paid and given back is to be paid again.
    RefundStatus.RESTORING: frozenset({RefundStatus.PAYING_OUT, RefundStatus.RESTORING}) | _ANYWHERE,
    # Its payout is said to have failed later, and nobody can be asked whether it has: a person is.
    RefundStatus.COMPLETED: frozenset({RefundStatus.PAYING_OUT}) | _ANYWHERE,
    # A parcel is lost on its way back, perhaps while others are here: a reviewer decides.
    **{
        status: frozenset(COURSE[COURSE.index(status) :]) | {RefundStatus.IN_REVIEW} | _STOPPED | _ANYWHERE
        for status in (*_AWAITED, RefundStatus.INSPECTING)
    },
    # A parcel arrives, or is found to be lost, after the end: it is reviewed, or its units are another refund's by now
    # and a person is asked, or somebody calls it off before.
    **{
        status: frozenset({RefundStatus.IN_REVIEW, RefundStatus.NEEDS_ATTENTION, RefundStatus.CANCELLED, status})
        for status in _STOPPED
    },
}


UNDECIDED = (PayoutStatus.REQUESTED, PayoutStatus.PENDING, PayoutStatus.WAITING_FOR_BALANCE)
"""What a provider was asked for and has answered neither with yes nor with no."""


def payouts_before(status: PayoutStatus) -> frozenset[PayoutStatus]:
    """List the statuses that a payout may come to this one from (rule 35); itself is none of them."""
    return frozenset(before for before, after in _PAYOUTS.items() if status in after)


def refunds_before(status: RefundStatus) -> frozenset[RefundStatus]:
    """List the statuses that a refund may come to this one from, itself among them: saying it again is no move."""
    return frozenset(before for before, after in _REFUNDS.items() if status in after)
