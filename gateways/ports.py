"""What makewhole asks of the parties outside, as Protocols, and the answers it understands."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from domain import spelling
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus

JsonObject = dict[str, Any]


class Declined(Exception):
    """They refuse, for good: asking again would not help. `code` is theirs.

    Both are kept and shown to people, so what they wrote is made legible.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(spelling.legible(message))
        self.code = spelling.legible(code)


class TryLater(Exception):
    """They are too busy, and may say how long to leave them alone (429 with Retry-After)."""

    def __init__(self, retry_after: timedelta, why: str = "") -> None:
        super().__init__(why or f"asked to come back in {retry_after.total_seconds():g} s")
        self.retry_after = retry_after


class OutOfOrder(Exception):
    """They broke down (5xx): they may have done it, or not."""


class NoAnswer(Exception):
    """What they said is neither a yes nor a no, or nobody knows that it was they who said it: nobody knows."""


class NotExpressible(ValueError):
    """An amount has a part of the smallest unit in which a provider, or we, count its currency."""


LABEL_VOID = "label_void"
"""The code of a label that was made worthless: it is never good again, the goods need another."""

MOST_PARCELS = 10
"""So many parcels a return is sent in, each with a label of its own."""

DISPUTED = "charge_disputed"
"""The code of a payment whose owner took it back by a chargeback: it must not be refunded as well (rule 6)."""


BALANCE_TOO_LOW = "insufficient_funds"
"""The code of a refund that failed as the merchant's balance there was too low for too long."""


class GatewayStatus(StrEnum):
    """Only `succeeded` is paid (rule 35). `waiting_for_balance`: taken, but the merchant's balance there is too low."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    WAITING_FOR_BALANCE = "waiting_for_balance"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundInstruction:
    """`key` names the intent: however often it is sent, it is paid once (rule 36).

    `asked_at` is since when it may have been asked for, None where it never was; `reference` is what they call it where
    they have taken it and not decided.
    """

    key: str
    merchant_id: str
    charge_ref: str
    amount: Money
    asked_at: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """`reference` is the provider's own name for the refund, empty while they have not taken it; `decline_code` says
    why it failed.

    `pending_reason` says what a pending one waits for, in their words. `trace_number` is what the customer's bank can
    find the money by (ARN, RRN, or a number of theirs), None as long as there is none. `provider` is whose ways it
    goes by: the adapter's name where the gateway is a merchant's account, else empty, as the gateway's name says it.
    """

    reference: str
    status: GatewayStatus
    decline_code: str | None = None
    pending_reason: str | None = None
    trace_number: str | None = None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """A refund as the provider's own report has it; `key` is our reference, which they were given with it.

    `at` is when they booked it or its status changed last, `charge_ref` what it is a refund of.
    """

    key: str
    reference: str
    amount: Money
    status: GatewayStatus
    at: datetime
    charge_ref: str
    trace_number: str | None = None
    provider: str = ""

    @property
    def as_answer(self) -> GatewayRefund:
        """The same as an answer: what a list says, which has no reasons."""
        return GatewayRefund(self.reference, self.status, trace_number=self.trace_number, provider=self.provider)


class PaymentGateway(Protocol):
    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        """Pay back part of a charge.

        Raises Declined, TryLater, and OutOfOrder or TimeoutError when nobody knows. They forget keys after a
        while: who may have asked before looks up first, or it is paid twice (rule 36). They answer a key that they
        remember as they did the first time, whatever has become of the money since then.
        """
        ...

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        """Find a refund by our reference, however long ago; None if they never heard of it."""
        ...

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        """List every refund of a charge, whoever asked for it and however long ago; none of a charge they don't know.

        `key` is empty where they were given none. A provider that lists late must not be asked by this alone.
        """
        ...

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        """List every refund of a merchant that they booked, or whose status changed, since then, the oldest first."""
        ...


class HeardWebhooks(Protocol):
    """What a provider has told by webhook of a merchant's account, as it was kept: it may tell it in no other way."""

    async def of_key(self, key: str) -> Sequence[JsonObject]:
        """What was told of our own reference."""
        ...

    async def of_charge(self, charge_ref: str) -> Sequence[JsonObject]:
        """What was told of a payment, whose name is kept as `originalReference`."""
        ...

    async def since(self, moment: datetime) -> Sequence[JsonObject]:
        """What has come in since then, whatever it is about."""
        ...


class ReportsSettlements(Protocol):
    """A payment gateway whose provider says by itself what was settled."""

    def settlement_report(self, since: datetime, until: datetime) -> AsyncIterator[bytes]:
        """Give what was booked in this time, piece by piece, in the adapter's format (`gateways/settlement_reports`).

        Nothing at all where nothing was. Raises TryLater, and OutOfOrder or TimeoutError.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """What a provider tells by webhook of a refund: `key` is our reference, `reference` theirs."""

    key: str
    status: GatewayStatus
    reference: str
    trace_number: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """What a provider tells by webhook of a dispute, or of a warning of fraud, which may become one.

    `charge_refs` are its names of the payment, any of which an order may have. `status` is None where they say
    something that we don't know, `stands` is how they call it. `amount` is None where they don't say how much.
    """

    dispute_id: str
    charge_refs: tuple[str, ...]
    status: DisputeStatus | None
    stands: str
    amount: Money | None
    at: datetime


class ParcelState(StrEnum):
    """How far a carrier says that a parcel has come; that it was handed over says nothing of what is in it."""

    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ParcelNews:
    """What a carrier tells of a parcel, by webhook or asked; `at` is when it was so."""

    tracking_number: str
    state: ParcelState
    at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """A webhook whose signature is good: `webhook_id` is the same however often it comes, `body` is what is kept.

    It is about a refund or a parcel (`event`), about a dispute, or about something else, where both are None.
    """

    webhook_id: str
    event: ProviderEvent | ParcelNews | None
    body: JsonObject
    dispute: ProviderDispute | None = None


class LabelFormat(StrEnum):
    """What a printer takes; also how the address of a label ends."""

    PDF = "pdf"
    ZPL = "zpl"


@dataclass(frozen=True, slots=True)
class Label:
    """What the customer needs to send goods back; `guide` is a sentence for them.

    `pickup_by` is when the carrier will have collected the parcel, None where it has to be brought to the carrier.
    `reference` and `pickup_ref` are what the carrier calls the label and the pick-up when they are called off.
    """

    label_url: str
    address: str
    guide: str
    pickup_by: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    reference: str = ""
    pickup_ref: str = ""
    prints: Mapping[LabelFormat, bytes] = field(default_factory=dict, repr=False)


class Carrier(Protocol):
    async def issue_label(
        self, merchant_id: str, refund_id: str, rma: str, collect_within: timedelta | None = None, parcel: int = 1
    ) -> Label:
        """Make the label of a parcel of a return, the same one however often it is asked for.

        With `collect_within` a pick-up is wished for; a carrier that offers none answers a label without one.
        Raises Declined: with LABEL_VOID where the label was voided.
        """
        ...

    async def void_label(self, merchant_id: str, rma: str) -> None:
        """Make the labels of a return worthless; one that was never issued can't be issued afterwards."""
        ...


class TrackingCarrier(Carrier, Protocol):
    async def track(self, tracking_numbers: Sequence[str]) -> Sequence[ParcelNews]:
        """Ask how far parcels have come; nothing of those that are not handed over, or that they don't know."""
        ...


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """Which label is to be made: `rma` and `parcel` name it."""

    merchant_id: str
    refund_id: str
    rma: str
    parcel: int = 1
    collect_within: timedelta | None = None


class LabelMaker(Protocol):
    """A carrier as its own interface is: it makes another label each time; `service/carrier_accounts.py` keeps one."""

    async def make(self, order: LabelOrder) -> Label:
        """Make a label; `label_url` is empty. Raises Declined; anything else that it raises says nothing of it."""
        ...

    async def call_off(self, label: Label) -> None:
        """Have a label and its pick-up called off, any number of times. Raises Declined where it is too late."""
        ...

    async def track(self, tracking_numbers: Sequence[str]) -> Sequence[ParcelNews]:
        """Ask how far parcels have come; nothing of those that are not handed over, or that they don't know."""
        ...
