"""The parts of the policy document: countries, points, shipping, extras, limits, tiers, and how long data are kept."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from api.schemas.approvals import Amount
from api.schemas.common import MOST_UNITS, Currency, Duration, Name, Wire
from domain.durations import IsoDuration, span
from domain.policy import MESSAGES_KEPT_AT_LEAST, AlertLimit, LineKindRefund, Monitoring, Policy, ShippingRefund
from service.closed_days import countries

_DEFAULT = Policy()


def _country(code: str) -> str:
    if code not in countries():
        raise ValueError(f"{code!r} is no country whose public holidays are known, by its ISO 3166 code, like CN or DE")
    return code


Country = Annotated[str, Field(max_length=2, examples=["CN"]), AfterValidator(_country)]

_MinorOfAPoint = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
_PartOfAMinor = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$", examples=["0.5"])]
_OfAPoint = _MinorOfAPoint | _PartOfAMinor
PointValue = Annotated[
    _OfAPoint | Annotated[dict[Currency, _OfAPoint], Field(max_length=200)],
    Field(examples=[1, "0.5", {"CNY": 1, "JPY": "0.02"}]),
]
"""Minor units a point, or a decimal of them as text; what all the points on the wire are worth still is an amount that
the books can hold."""


def _a_day_at_least(kept: IsoDuration) -> IsoDuration:
    if span(kept) < _DAY:
        raise ValueError("keep it for a day at least: P1D")
    return kept


_DAY = timedelta(days=1)
Kept = Annotated[Duration, AfterValidator(_a_day_at_least)]


def _long_enough_for_a_dispute(kept: IsoDuration) -> IsoDuration:
    if span(kept) < MESSAGES_KEPT_AT_LEAST:
        raise ValueError(f"keep them for {MESSAGES_KEPT_AT_LEAST.days} days at least: P{MESSAGES_KEPT_AT_LEAST.days}D")
    return kept


KeptForDisputes = Annotated[Duration, AfterValidator(_long_enough_for_a_dispute)]


class ShippingByReason(Wire):
    """When shipping comes back (rule 8): `always` with the first units, `full_return` with the last, or `never`."""

    quality_issue: ShippingRefund = Field(
        default=ShippingRefund.ALWAYS, description="For goods that are not as they should be."
    )
    delivery_error: ShippingRefund = Field(default=ShippingRefund.ALWAYS, description="For a delivery that went wrong.")
    changed_mind: ShippingRefund = Field(
        default=ShippingRefund.FULL_RETURN, description="For a customer who does not want them any more."
    )
    merchant_breach: ShippingRefund = Field(
        default=ShippingRefund.ALWAYS, description="For a merchant who did not keep their word."
    )


class LineKindRefundBody(Wire):
    """When lines come back that are no goods and no services, by their kind (rule 47).

    `with_goods`: in proportion to the goods returned. The others come back whole with the first units refunded:
    `always`, `merchant_fault` where the merchant is at fault, `unshipped` as long as nothing of the order was sent.
    """

    fee: LineKindRefund = Field(default=LineKindRefund.MERCHANT_FAULT, description="A fee of the shop or the platform.")
    tip: LineKindRefund = Field(default=LineKindRefund.NEVER, description="What the customer gave on top.")
    deposit: LineKindRefund = Field(
        default=LineKindRefund.WITH_GOODS, description="What is held for bottles or crates."
    )
    gift_wrap: LineKindRefund = Field(default=LineKindRefund.MERCHANT_FAULT, description="Wrapping, cards, engraving.")
    rounding: LineKindRefund = Field(default=LineKindRefund.WITH_GOODS, description="What a till rounded up.")


class RefundLimitBody(Wire):
    """How many refunds of a customer are too many (rule 34)."""

    count: Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)] = Field(
        default=_DEFAULT.refund_limit.count, description="So many in the window are fine; one more suspends."
    )
    window: Duration = Field(
        default=_DEFAULT.refund_limit.window,
        description="The time they are counted in, as ISO 8601, for example `P30D`.",
    )


def _ninety_days_at_most(window: IsoDuration) -> IsoDuration:
    if not timedelta() < span(window) <= _LONGEST_WATCHED:
        raise ValueError("say more than no time, and 90 days at most: P90D")
    return window


_LONGEST_WATCHED = timedelta(days=90)


class WatchedBody(Wire):
    """From how many in a window on operations are alerted."""

    count: Annotated[int, Field(strict=True, ge=1, le=100)] | None = Field(
        description="So many, or more, are an alert; null: never."
    )
    window: Annotated[Duration, AfterValidator(_ninety_days_at_most)] = Field(
        description="The time they are counted in, as ISO 8601, 90 days at most."
    )


def _watched(signal: str, description: str) -> Any:
    usual: AlertLimit = getattr(_DEFAULT.monitoring, signal)
    return Field(default=WatchedBody(count=usual.count, window=usual.window), description=description)


class MonitoringBody(Wire):
    """When operations are alerted to what refunds show together (rule 34)."""

    many_of_customer: WatchedBody = _watched("many_of_customer", "Refunds of one customer.")
    many_of_instrument: WatchedBody = _watched(
        "many_of_instrument", "Refunds of orders that were paid with one `instrument`."
    )
    many_of_contact: WatchedBody = _watched(
        "many_of_contact", "Refunds of customers and guests with one e-mail or phone."
    )
    shared_instrument: WatchedBody = _watched(
        "shared_instrument", "Customers who asked for refunds of orders that were paid with one `instrument`."
    )
    not_received: WatchedBody = _watched(
        "not_received", "Refunds of one customer for `delivery_error` of which nothing comes back."
    )
    same_picture: WatchedBody = _watched(
        "same_picture", "Refunds that show a picture which an earlier refund of another order showed."
    )

    def to_domain(self) -> Monitoring:
        limits = {name: getattr(self, name) for name in MonitoringBody.model_fields}
        return Monitoring(**{name: AlertLimit(each.count, each.window) for name, each in limits.items()})


class RetentionBody(Wire):
    """How long is kept what nothing is worked out from, as ISO 8601, at least a day; null: without end.

    Orders, refunds, the ledger and the audit trail stay.
    """

    personal_data: Kept | None = Field(
        default=_DEFAULT.retention.personal_data,
        description="What is personal of a customer, after their last order and refund: then it is erased as by "
        "`DELETE /v1/customers/{customer_id}/personal-data`.",
    )
    bulk_refunds: Kept | None = Field(
        default=_DEFAULT.retention.bulk_refunds,
        description="A bulk of refunds and its lines, after its end; the refunds know nothing of it.",
    )
    webhook_events: Kept = Field(
        default=_DEFAULT.retention.webhook_events,
        description="What your systems were told, with their answers, once it waits for nobody.",
    )
    pictures: Kept | None = Field(
        default=_DEFAULT.retention.pictures,
        description="A picture of evidence, after it was shown first, and not while a refund of its customer is open; "
        "it is not known again afterwards.",
    )
    messages: KeptForDisputes | None = Field(
        default=_DEFAULT.retention.messages,
        description="What customers and operations were told of a refund, after its end, at least `P180D`. That they "
        "were told stays known, so nothing is told twice.",
    )


class TierBody(Wire):
    """A tier of customers (rule 28)."""

    name: Name = Field(description="What it is called.")
    minimum_spend: Amount = Field(
        description="The net spend from which it is held, in minor units; a number for every currency, or a map by "
        "currency: nobody holds it in one that it lacks."
    )
