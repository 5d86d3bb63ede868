"""What Adyen has told of refunds by webhook: the only place where it says what has become of one."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from gateways.adyen.units import to_ours
from gateways.ports import GatewayRefund, GatewayStatus, Reported
from gateways.refund_names import key_of

_REFUND, _POSTPONED = "REFUND", "POSTPONED_REFUND"
_CAME_BACK = ("REFUND_FAILED", "REFUNDED_REVERSED", "VOID_PENDING_REFUND")
OF_REFUNDS = (_REFUND, _POSTPONED, *_CAME_BACK)
_TRUE = "true"

CAMEL = ConfigDict(alias_generator=to_camel, populate_by_name=True)
"""Fields are called as Adyen calls them."""


class AdyenTold(BaseModel):
    """What is kept of an item: `psp_reference` is the refund's or dispute's own, `original_reference` the payment's."""

    model_config = CAMEL

    event_code: str
    success: str
    psp_reference: str
    original_reference: str
    merchant_reference: str
    currency: str
    value: int
    event_date: AwareDatetime
    reason: str = ""
    arn: str | None = None
    dispute_status: str | None = None

    @property
    def status(self) -> GatewayStatus:
        """Only a `REFUND` that succeeded is a yes; whatever is told of money that came back is a no."""
        is_so = self.success == _TRUE
        if self.event_code == _REFUND:
            return GatewayStatus.SUCCEEDED if is_so else GatewayStatus.FAILED
        return GatewayStatus.FAILED if self.event_code in _CAME_BACK and is_so else GatewayStatus.PENDING


def answer(told: Sequence[AdyenTold]) -> GatewayRefund | None:
    """Return what all that was told of one refund comes to, in whatever order it came: what failed has failed."""
    if not told:
        return None
    statuses = {each.status: each for each in told}
    last = next(statuses[status] for status in _BY_WEIGHT if status in statuses)
    return GatewayRefund(
        last.psp_reference,
        last.status,
        decline_code=(last.reason or last.event_code) if last.status is GatewayStatus.FAILED else None,
        pending_reason=last.event_code if last.status is GatewayStatus.PENDING else None,
        trace_number=next((each.arn for each in told if each.arn), None),
    )


_BY_WEIGHT = (GatewayStatus.FAILED, GatewayStatus.SUCCEEDED, GatewayStatus.PENDING)


def refunds(told: Sequence[AdyenTold]) -> list[tuple[GatewayRefund, Reported]]:
    """Return each refund once, the one that was told of last at the end."""
    by_reference: dict[str, list[AdyenTold]] = {}
    for each in told:
        if each.event_code in OF_REFUNDS:
            by_reference.setdefault(each.psp_reference, []).append(each)
    found = [(known, _reported(known, each)) for each in by_reference.values() if (known := answer(each))]
    return sorted(found, key=lambda pair: pair[1].at)


def _reported(known: GatewayRefund, told: Sequence[AdyenTold]) -> Reported:
    first = told[0]
    return Reported(
        key=key_of(first.merchant_reference),
        reference=known.reference,
        amount=to_ours(first.value, first.currency),
        status=known.status,
        at=max(_at(each) for each in told),
        charge_ref=first.original_reference,
        trace_number=known.trace_number,
    )


def _at(told: AdyenTold) -> datetime:
    return told.event_date
