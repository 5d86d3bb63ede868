"""What PayPal's answers and refusals mean to us."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx
from pydantic import AwareDatetime, BaseModel, Field

from domain.money.amounts import Money
from gateways.paypal.limits import AGAIN_AFTER
from gateways.paypal.names import key_of_custom_id
from gateways.paypal.units import to_ours
from gateways.ports import (
    BALANCE_TOO_LOW,
    DISPUTED,
    Declined,
    GatewayRefund,
    GatewayStatus,
    NoAnswer,
    Reported,
    TryLater,
)
from gateways.retry_after import retry_after

ALREADY_REFUNDED = "CAPTURE_FULLY_REFUNDED"
ALREADY_NAMED = "DUPLICATE_INVOICE_ID"
NO_SUCH_THING = "INVALID_RESOURCE_ID"

REFUNDED = "T1107"
"""A payment that the merchant has refunded: developer.paypal.com/docs/reports/reference/tcodes."""

_TOO_MANY = "RESULTSET_TOO_LARGE"
_NOT_FOUND, _REFUSED, _BUSY = 404, 422, 429
_DEFINITE = {
    ALREADY_REFUNDED,
    ALREADY_NAMED,
    "CANNOT_BE_NEGATIVE",
    "CANNOT_BE_ZERO_OR_NEGATIVE",
    "CURRENCY_MISMATCH",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_AMOUNT_TOO_LOW",
    "REFUND_CAPTURE_CURRENCY_MISMATCH",
    "REFUND_NOT_ALLOWED",
    "REFUND_TIME_LIMIT_EXCEEDED",
    "TRANSACTION_REFUSED",
}
"""A no to this refund. All else (PENDING_CAPTURE, PAYEE_ACCOUNT_RESTRICTED, PERMISSION_DENIED, …) says nothing."""

_OURS = {
    "REFUND_FAILED_INSUFFICIENT_FUNDS": BALANCE_TOO_LOW,
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": DISPUTED,
    "TRANSACTION_DISPUTED": DISPUTED,
}
"""What the product has a word of its own for; the customer may have the money of a disputed one without us."""

_STATUSES = {
    "COMPLETED": GatewayStatus.SUCCEEDED,
    "PENDING": GatewayStatus.PENDING,
    "FAILED": GatewayStatus.FAILED,
    "CANCELLED": GatewayStatus.FAILED,
}

_SEARCHED = {
    "S": GatewayStatus.SUCCEEDED,
    "P": GatewayStatus.PENDING,
    "D": GatewayStatus.FAILED,
    "V": GatewayStatus.FAILED,  # it was reversed: the money of a refund is back with the merchant
}
"""The statuses of the transaction search: developer.paypal.com/docs/api/transaction-search/v1/search-get."""

_NOT_SAID = datetime(1970, 1, 1, tzinfo=UTC)


class TooManyListed(NoAnswer):
    """A search has found more than they list: less is to be asked for (…/transaction-search/v1/errors)."""


class PayPalAmount(BaseModel):
    """In major units, with as many decimals as PayPal gives the currency."""

    currency_code: str = Field(description="In which currency.")
    value: str = Field(description="How much, in major units.")

    @property
    def money(self) -> Money:
        """Raises ValueError for what we can't count."""
        return to_ours(self.value, self.currency_code)


class Why(BaseModel):
    """Why a refund is pending or has failed."""

    reason: str | None = None


class Link(BaseModel):
    """Where something that belongs to it is; `up` is the capture."""

    rel: str
    href: str


class PayPalRefund(BaseModel):
    """A refund as Payments v2 has it, and the order that it belongs to."""

    id: str
    status: str
    status_details: Why | None = None
    amount: PayPalAmount | None = None
    invoice_id: str | None = None
    custom_id: str | None = None
    acquirer_reference_number: str | None = None
    create_time: AwareDatetime | None = None
    update_time: AwareDatetime | None = None
    links: tuple[Link, ...] = ()

    @property
    def name(self) -> str:
        """Our name of it, which it was given twice."""
        return self.custom_id or self.invoice_id or ""

    @property
    def answer(self) -> GatewayRefund:
        status, reason = status_of(self.status), self.status_details.reason if self.status_details else None
        why = reason or self.status
        return GatewayRefund(
            self.id,
            status,
            decline_code=why if status is GatewayStatus.FAILED else None,
            pending_reason=why if status is GatewayStatus.PENDING else None,
            trace_number=self.acquirer_reference_number,
        )

    def is_of(self, charge_ref: str) -> bool:
        """Whether it is of this capture; one that doesn't say whose it is may be."""
        captures = [unquote(link.href.rpartition("/")[2]) for link in self.links if link.rel == "up"]
        return not captures or charge_ref in captures

    def reported(self, charge_ref: str) -> Reported:
        if self.amount is None:
            raise NoAnswer(f"PayPal lists refund {self.id} without an amount")
        return Reported(
            key=key_of_custom_id(self.name),
            reference=self.id,
            amount=self.amount.money,
            status=status_of(self.status),
            at=self.update_time or self.create_time or _NOT_SAID,
            charge_ref=charge_ref,
            trace_number=self.acquirer_reference_number,
        )


class PayPalTransaction(BaseModel):
    """A refund as the transaction search has it."""

    transaction_id: str
    transaction_event_code: str = REFUNDED
    paypal_reference_id: str = ""
    transaction_amount: PayPalAmount
    transaction_status: str
    transaction_updated_date: AwareDatetime
    custom_field: str = ""
    invoice_id: str = ""

    @property
    def went_out(self) -> bool:
        """Not so of one that the merchant got, as somebody's customer."""
        return self.transaction_amount.value.startswith("-")

    @property
    def key(self) -> str:
        return key_of_custom_id(self.custom_field or self.invoice_id)

    @property
    def status(self) -> GatewayStatus:
        return _SEARCHED.get(self.transaction_status, GatewayStatus.PENDING)

    @property
    def amount(self) -> Money:
        """What the customer gets. Raises ValueError for what we can't count."""
        gone = self.transaction_amount.money
        return Money(gone.currency, -gone.minor_units)

    @property
    def reported(self) -> Reported:
        return Reported(
            key=self.key,
            reference=self.transaction_id,
            amount=self.amount,
            status=self.status,
            at=self.transaction_updated_date,
            charge_ref=self.paypal_reference_id,
        )


def status_of(word: str) -> GatewayStatus:
    """Only `COMPLETED` is a yes; a new word is none."""
    return _STATUSES.get(word, GatewayStatus.PENDING)


def understood(answer: httpx.Response) -> dict[str, Any]:
    """Return what was done; raises Declined for a definite no, TryLater for a busy PayPal, NoAnswer for all else."""
    if answer.status_code == _BUSY:
        raise TryLater(retry_after(answer.headers.get("retry-after", ""), AGAIN_AFTER))
    said = _said(answer)
    if answer.is_success:
        return said
    issue, words = _issue(said)
    if said.get("name") == _TOO_MANY:
        raise TooManyListed(words)
    if answer.status_code == _NOT_FOUND and issue == NO_SUCH_THING:
        raise Declined(NO_SUCH_THING, words or "PayPal has no such thing")
    if answer.status_code == _REFUSED and (issue in _OURS or issue in _DEFINITE):
        raise Declined(_OURS.get(issue, issue), words or "PayPal refuses it")
    raise NoAnswer(f"PayPal: {answer.status_code} {issue} {words}")


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError as unclear:
        raise NoAnswer(f"PayPal: {answer.status_code}, which is no JSON") from unclear
    if not isinstance(said, dict):
        raise NoAnswer(f"PayPal: {answer.status_code}, which is no object")
    return said


def _issue(said: dict[str, Any]) -> tuple[str, str]:
    details = said.get("details") or [{}]
    first = details[0] if isinstance(details, list) and isinstance(details[0], dict) else {}
    return str(first.get("issue") or said.get("name") or ""), str(first.get("description") or said.get("message") or "")
