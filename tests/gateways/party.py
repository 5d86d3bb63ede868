"""A provider as the contract suite knows it: what it can be made to do, what it has booked, and what it has told."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.money.amounts import Money
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from tests.gateways.line import Line


class Case(StrEnum):
    """What an adapter has to show, each with a party that can stage it; `docs/gateways.md` has a row for each."""

    AT_ONCE = "20 calls at once: one refund"
    ANSWER_LOST = "lost requests and answers: one refund"
    ANSWER_LATE = "late requests and answers: one refund"
    REPEATED = "a repeated request is answered as the first"
    PARTIALS = "several partial refunds, each found by its key"
    OVER_REFUND = "more than is left: refused"
    ALREADY_REFUNDED = "already refunded, the key forgotten: recognised as done"
    DECLINED = "declined, with the provider's reason"
    UNKNOWN_CHARGE = "a charge that they don't know: refused, and nothing listed"
    UNKNOWN_OUTCOME = "unknown outcome: settled by look-up"
    BUSY = "429: left alone for as long as Retry-After says"
    BROKEN = "500, before and after it was done: asked again"
    LATER_SUCCESS = "pending, then succeeded"
    LATER_FAILURE = "pending, then failed"
    REVERSED = "succeeded, then failed"
    SHORT = "the merchant's balance is too low: told apart, then succeeded"
    TRACED = "the number that a bank finds it by, as soon as there is one"
    REPORTED = "the report lists what was booked and what changed"
    WEBHOOK = "webhook: verified and understood"
    FORGED = "webhook: forged, changed or unsigned"
    REPLAYED = "webhook: sent twice, or played again later"
    OUT_OF_ORDER = "webhook: an older state told last"
    ANY_CHARACTER = "charges and keys of every character an order may have"


class Course(StrEnum):
    """What a charge does when it is refunded."""

    SUCCEEDS = "succeeds"
    DECLINES = "declines"
    NEVER_ANSWERS = "pays, and does not answer"
    IS_BUSY = "429 first"
    BREAKS_DOWN = "500 first, then pays and is a 500"
    SUCCEEDS_LATER = "pending, then succeeded"
    FAILS_LATER = "pending, then failed"
    IS_REVERSED = "succeeded, then failed"
    IS_DISPUTED_MEANWHILE = "pending, then failed as its charge is disputed"
    IS_SHORT = "waits for the merchant's balance, then succeeded"


@dataclass(frozen=True, slots=True)
class Booked:
    """A refund in the provider's own books."""

    key: str
    reference: str
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came over the wire; the names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes


class Party(Protocol):
    """`gateway` is the adapter, which reaches the provider through `line`; the rest goes past it.

    `tells` are the states that the provider tells by webhook, of those that a refund goes through.
    """

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    decline_code: str
    tells: frozenset[GatewayStatus]

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        """Have a customer pay, and return the provider's name of the charge (`reference`, where it may be chosen)."""
        ...

    async def turn(self, charge_ref: str) -> None:
        """Let the time pass after which the refunds of a charge become what its course says."""
        ...

    async def forget_keys(self) -> None: ...

    async def booked(self, charge_ref: str) -> Sequence[Booked]: ...

    def until_it_reports(self) -> AbstractAsyncContextManager[None]:
        """Let so much time pass that the provider's report has what was done before, while the body runs."""
        ...

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        """Wait until webhooks of a charge's refunds told exactly these, each as often as it is sent, in this order."""
        ...

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback: ...

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:
        """Sign as the provider does, by nothing of ours."""
        ...
