"""What Stripe's answers and refusals mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from stripe import CardError, InvalidRequestError, RateLimitError, Refund, StripeError

from gateways.ports import Declined, GatewayRefund, GatewayStatus, Reported, TryLater
from gateways.stripe.units import to_ours

KEY = "makewhole_key"
CHARGE = "makewhole_charge"
"""The names of our metadata: the key of the intent, and the charge as the order names it."""

ALREADY_REFUNDED = "charge_already_refunded"
NO_SUCH_CHARGE = "resource_missing"
_TOO_LARGE = "amount_too_large"
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


def status_of(status: str | None) -> GatewayStatus:
    """Only `succeeded` is a yes; a status that we don't know yet is none."""
    return _STATUSES.get(status or "", GatewayStatus.PENDING)


def answer_of(refund: Refund) -> GatewayRefund:
    status = status_of(refund.status)
    is_no = status is GatewayStatus.FAILED
    return GatewayRefund(
        refund.id,
        status,
        decline_code=_given(refund, "failure_reason") or refund.status if is_no else None,
        pending_reason=_given(refund, "pending_reason") or refund.status if status is GatewayStatus.PENDING else None,
    )


def reported(refund: Refund, *, at: int | None = None) -> Reported:
    """`at` is when it changed last, if that is known."""
    named = refund.metadata.to_dict() if refund.metadata else {}
    charge = named.get(CHARGE) or refund.payment_intent or refund.charge
    return Reported(
        key=named.get(KEY, ""),
        reference=refund.id,
        amount=to_ours(refund.amount, refund.currency),
        status=status_of(refund.status),
        at=datetime.fromtimestamp(at or refund.created, UTC),
        charge_ref=str(charge or ""),
    )


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
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() else _AGAIN_AFTER
