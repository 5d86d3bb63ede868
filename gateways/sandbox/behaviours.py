"""How a charge of the sandbox behaves when it is refunded: what it books, when that changes, what it tells of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateways.ports import GatewayStatus

_MOMENT = timedelta(seconds=1)
KEY_LIFE = timedelta(hours=24)


class Behaviour(StrEnum):
    """What a charge does when it is refunded, in the words of those who have to live with it."""

    SUCCEED = "succeed"
    DECLINE = "decline"
    DISPUTE = "dispute"
    TIMEOUT_AFTER_PAYING = "timeout_after_paying"  # the first call never answers
    PENDING = "pending"  # until the behaviour is set to `succeed`
    BALANCE_TOO_LOW = "balance_too_low"  # waits for the merchant's balance, until the behaviour is set to `succeed`
    FAIL_LATER = "fail_later"  # pending, and failed when it is looked up
    ANSWER_LATE = "answer_late"  # the webhook comes before the answer
    TOO_MANY_REQUESTS = "too_many_requests"  # the first call is 429 with Retry-After
    BREAK_DOWN = "break_down"  # the first call is a 500, the second pays and is a 500
    SUCCEED_BY_WEBHOOK = "succeed_by_webhook"  # pending first
    FAIL_BY_WEBHOOK = "fail_by_webhook"  # pending first
    FAIL_AFTER_SUCCESS = "fail_after_success"  # the customer's bank sends the money back
    FORGET_KEY = "forget_key"  # pays, never answers, and forgets the idempotency key at once


@dataclass(frozen=True, slots=True)
class CourseOfARefund:
    """What a refund is booked as, and what it turns to how much later; None stays as it is.

    tells: whether the outcome is told by webhook, and not only answered. key_life: how long the key is remembered.
    """

    books: GatewayStatus = GatewayStatus.SUCCEEDED
    turns_to: GatewayStatus | None = None
    after: timedelta = timedelta()
    tells: bool = False
    key_life: timedelta = KEY_LIFE


_PENDING, _SUCCEEDED, _FAILED = GatewayStatus.PENDING, GatewayStatus.SUCCEEDED, GatewayStatus.FAILED

_COURSES = {
    Behaviour.TIMEOUT_AFTER_PAYING: CourseOfARefund(tells=True),
    Behaviour.PENDING: CourseOfARefund(books=_PENDING, tells=True),
    Behaviour.BALANCE_TOO_LOW: CourseOfARefund(books=GatewayStatus.WAITING_FOR_BALANCE, tells=True),
    Behaviour.FAIL_LATER: CourseOfARefund(books=_PENDING, turns_to=_FAILED),
    Behaviour.ANSWER_LATE: CourseOfARefund(tells=True),
    Behaviour.BREAK_DOWN: CourseOfARefund(tells=True),
    Behaviour.SUCCEED_BY_WEBHOOK: CourseOfARefund(books=_PENDING, turns_to=_SUCCEEDED, after=_MOMENT, tells=True),
    Behaviour.FAIL_BY_WEBHOOK: CourseOfARefund(books=_PENDING, turns_to=_FAILED, after=_MOMENT, tells=True),
    Behaviour.FAIL_AFTER_SUCCESS: CourseOfARefund(turns_to=_FAILED, after=3 * _MOMENT, tells=True),
    Behaviour.FORGET_KEY: CourseOfARefund(key_life=timedelta()),
}


_LIMITED = "limited-"


def is_limited(charge_ref: str) -> bool:
    """Whether a charge is one that is paid back only within limits (`gateways/refund_limits.py`): its name says so."""
    return charge_ref.startswith(_LIMITED)


def course_of(behaviour: str) -> CourseOfARefund:
    return _COURSES.get(Behaviour(behaviour), CourseOfARefund())
