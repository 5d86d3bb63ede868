# Written by `make client`; change the document, or the async half, instead.
"""Models: sandbox."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body, Word


class Behaviour(Word):
    """What a charge does when it is refunded, in the words of those who have to live with it."""

    SUCCEED = "succeed"
    DECLINE = "decline"
    DISPUTE = "dispute"
    TIMEOUT_AFTER_PAYING = "timeout_after_paying"
    PENDING = "pending"
    BALANCE_TOO_LOW = "balance_too_low"
    FAIL_LATER = "fail_later"
    ANSWER_LATE = "answer_late"
    TOO_MANY_REQUESTS = "too_many_requests"
    BREAK_DOWN = "break_down"
    SUCCEED_BY_WEBHOOK = "succeed_by_webhook"
    FAIL_BY_WEBHOOK = "fail_by_webhook"
    FAIL_AFTER_SUCCESS = "fail_after_success"
    FORGET_KEY = "forget_key"


class CarrierBody(Answer):
    """What the sandbox carrier offers."""

    pickup: bool
    refuses: str = ""


class ChargeAnswer(Answer):
    """What a charge of the sandbox does."""

    behaviour: Behaviour
    charge_ref: str


class ChargeBody(Body):
    """What a charge of the sandbox shall do."""

    behaviour: Behaviour


class ParcelState(Word):
    """How far a carrier says that a parcel has come; that it was handed over says nothing of what is in it."""

    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    LOST = "lost"


class MoveBody(Answer):
    """How far a parcel has come."""

    state: ParcelState


class TestClockAnswer(Answer):
    """Where a test clock stands."""

    now: datetime
    ahead: str
    left: str


class TestClockBody(Body):
    """How far a test clock is to be put forward."""

    by: str
