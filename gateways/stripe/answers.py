"""What Stripe's answers and refusals mean to us."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from stripe import CardError, InvalidRequestError, RateLimitError, Refund, StripeError

from gateways.ports import BALANCE_TOO_LOW, DISPUTED, Declined, GatewayRefund, GatewayStatus, Reported, TryLater
from gateways.retry_after import retry_after
from gateways.stripe.units import to_ours

KEY = "makewhole_key"
CHARGE = "makewhole_charge"
"""The names of our metadata: the key of the intent, and the charge as the order names it."""

ALREADY_REFUNDED = "charge_already_refunded"
NO_SUCH_CHARGE = "resource_missing"
_TOO_LARGE = "amount_too_large"
_DISPUTED_MEANWHILE = "charge_for_pending_refund_disputed"
_AGAIN_AFTER = timedelta(seconds=1)
_NOT_FOUND = 404

_STATUSES = {
    "succeeded": GatewayStatus.SUCCEEDED,
    "pending": GatewayStatus.PENDING,
    "requires_action": GatewayStatus.PENDING,
    "failed": GatewayStatus.FAILED,
    "canceled": GatewayStatus.FAILED,
}


@contextmanager
def understood() -> Iterator[None]:
    """Tell a definite no (Declined) and a busy Stripe (TryLater) from all else, which says nothing of the money.

    A key that they don't accept, a parameter that they don't know and a request that is under way already (409) are no
    answers.
    """
    try:
        yield
    except RateLimitError as busy:
        raise TryLater(_retry_after(busy)) from busy
    except (InvalidRequestError, CardError) as refused:
        code = _code(refused)
        if code.startswith("parameter_"):
            raise
        raise Declined(code, refused.user_message or "Stripe refuses it") from refused


def status_of(status: str | None, *reasons: str | None) -> GatewayStatus:
    """Only `succeeded` is a yes; a status that we don't know yet is none.

    What is pending because the balance in the account is too low is paid by itself as soon as that is high enough.
    """
    known = _STATUSES.get(status or "", GatewayStatus.PENDING)
    is_short = known is GatewayStatus.PENDING and BALANCE_TOO_LOW in reasons
    return GatewayStatus.WAITING_FOR_BALANCE if is_short else known


def trace_number(destination: Mapping[str, Any] | None) -> str | None:
    """Read the number that the customer's bank can find the money by, in whatever way it goes back.

    It comes some days after the refund.
    """
    if not destination:
        return None
    details = destination.get(str(destination.get("type"))) or {}
    return details.get("reference") or details.get("network_reference") or None


def answer_of(refund: Refund) -> GatewayRefund:
    status = _status(refund)
    is_no, is_yes = status is GatewayStatus.FAILED, status is GatewayStatus.SUCCEEDED
    return GatewayRefund(
        refund.id,
        status,
        decline_code=_why_not(refund) if is_no else None,
        pending_reason=None if is_no or is_yes else _given(refund, "pending_reason") or refund.status,
        trace_number=trace_number(refund.to_dict().get("destination_details")),
    )


def reported(refund: Refund, *, at: int | None = None) -> Reported:
    """`at` is when it changed last, if that is known."""
    named = refund.metadata.to_dict() if refund.metadata else {}
    charge = named.get(CHARGE) or refund.payment_intent or refund.charge
    return Reported(
        key=named.get(KEY, ""),
        reference=refund.id,
        amount=to_ours(refund.amount, refund.currency),
        status=_status(refund),
        at=datetime.fromtimestamp(at or refund.created, UTC),
        charge_ref=str(charge or ""),
        trace_number=trace_number(refund.to_dict().get("destination_details")),
    )


def _why_not(refund: Refund) -> str | None:
    reason = _given(refund, "failure_reason")
    return DISPUTED if reason == _DISPUTED_MEANWHILE else reason or refund.status


def _status(refund: Refund) -> GatewayStatus:
    return status_of(refund.status, _given(refund, "pending_reason"), _given(refund, "failure_reason"))


def _given(refund: Refund, name: str) -> str | None:
    """Read a field that Stripe leaves out where it does not apply."""
    value = refund.to_dict().get(name)
    return None if value is None else str(value)


def _code(refused: InvalidRequestError | CardError) -> str:
    if refused.http_status == _NOT_FOUND:
        return NO_SUCH_CHARGE
    if refused.code:
        return refused.code
    return _TOO_LARGE if refused.param == "amount" else "invalid_request"


def _retry_after(busy: StripeError) -> timedelta:
    said = {name.lower(): value for name, value in dict(busy.headers or {}).items()}.get("retry-after", "")
    return retry_after(said, _AGAIN_AFTER)
