"""What a merchant's systems are told: one body an event, made when it is sent first and then never changed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from db import claims, payouts, told_refunds, webhook_events
from db.at_once import at_once
from db.read_models import ClaimRow, Payout
from db.told_refunds import ToldRefund
from db.webhook_events import Event
from domain.claims.claims import ClaimState
from domain.claims.reasons import Reason, RefundKind
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.merchant_events import MerchantEvent
from domain.payout.choice import RefundTo
from domain.sale.guests import account
from domain.sale.measures import Measure, as_said
from domain.sale.payments import PaymentMethod

ToldStatus = Literal["planned", "pending", "succeeded", "failed"]


class ToldToMerchant(BaseModel):
    """What is sent; more fields may come, those that are there keep their meaning."""

    model_config = ConfigDict(frozen=True)


class ToldOfRefund(ToldToMerchant):
    """The refund, as it stood when the event was sent first."""

    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="The order.")
    order_version: int = Field(description="The version of the order that it is made on.")
    customer_id: str | None = Field(description="Whose order it is; null for a guest.")
    status: RefundStatus = Field(description="Where the refund stands.")
    reason: str = Field(description="Why it was asked for: one of the four, or one of the merchant's own.")
    stands_for: Reason = Field(description="Which of the four that stands for.")
    kind: RefundKind = Field(description="Whether goods come back: `return` or `refund_only`.")
    currency: str = Field(description="The ISO 4217 currency of `total`, and of the amounts of lines and shipping.")
    total: int = Field(description="What is paid back altogether, in minor units; expected until it is settled.")
    metadata: dict[str, str] = Field(description="The merchant's own notes, as they came with the request.")
    created_at: datetime = Field(description="When it was requested.")
    completed_at: datetime | None = Field(description="When it was over; null while it is not.")


class ToldLine(ToldToMerchant):
    """What is paid back for a line."""

    line_id: str = Field(description="The line of the order.")
    quantity: int | str = Field(description="How many units, or how much as a decimal in text; 0 where none moves.")
    accepted: int | str | None = Field(description="What of that the inspection accepted; null before it.")
    amount: int = Field(description="What is paid back for it before fees and deductions, tax included.")
    tax: int = Field(description="The tax inside `amount`.")


class ToldShipping(ToldToMerchant):
    """Shipping that is paid back."""

    amount: int = Field(description="In minor units of the refund's currency, tax included.")
    tax: int = Field(description="The tax inside `amount`.")


class ToldReturn(ToldToMerchant):
    """How the goods come back."""

    rma: str | None = Field(default=None, description="The number of the return authorization.")
    label_url: str | None = Field(default=None, description="Where the label to print is.")
    deliver_by: datetime | None = Field(default=None, description="Until when the parcel has to be sent.")
    carrier: str | None = Field(default=None, description="Who carries the last parcel; null before it is sent.")
    tracking_number: str | None = Field(default=None, description="The carrier's number; null before it is sent.")


class ToldTender(ToldToMerchant):
    """What goes back to one payment of the order."""

    payment_id: str = Field(description="The payment of the order.")
    method: PaymentMethod = Field(description="Where the money goes.")
    gateway: str = Field(description="The gateway that it goes through; empty where none has a part in it.")
    amount: int = Field(description="What goes back of it, in minor units of `currency`.")
    currency: str = Field(description="The ISO 4217 currency in which it goes back.")
    status: ToldStatus = Field(description="Only `succeeded` is paid.")
    gateway_ref: str | None = Field(description="The provider's own reference; null until there is one.")
    decline_code: str | None = Field(description="Why the provider said no, in its own word; else null.")


class RefundEventData(ToldToMerchant):
    """What the event is about. `refund` and the rest may be later than the event, `status` and `message` are of it."""

    sequence: int = Field(
        description="The place of the event in the refund's timeline; later events have greater ones."
    )
    status: RefundStatus = Field(description="Where the refund stood when it happened.")
    message: str = Field(description="What happened, as a sentence in English.")
    refund: ToldOfRefund = Field(description="The refund.")
    lines: list[ToldLine] = Field(description="What is paid back for each line.")
    shipping: ToldShipping = Field(description="What of the shipping is paid back.")
    goods_return: ToldReturn | None = Field(alias="return", description="How the goods come back; null if none do.")
    tenders: list[ToldTender] = Field(
        description="How `total` is spread over the order's payments; empty until the refund is settled."
    )


class RefundEvent(ToldToMerchant):
    """Something that happened to a refund, as it is posted to a merchant's endpoint."""

    event_id: str = Field(description="The event, as in the header `webhook-id`: whoever has it already skips it.")
    type: MerchantEvent = Field(description="What happened.")
    timestamp: datetime = Field(description="When it happened.")
    data: RefundEventData = Field(description="What it is about.")


class EndpointDisabledData(ToldToMerchant):
    """Which endpoint is disabled, and why."""

    endpoint_id: str = Field(description="The endpoint.")
    url: str = Field(description="Where it is.")
    because: Annotated[str, Field(description="`failing`: it took nothing for three days. `gone`: it answered 410.")]


class EndpointDisabledEvent(ToldToMerchant):
    """An endpoint was disabled, as it is posted to the merchant's others."""

    type: Literal[MerchantEvent.WEBHOOK_ENDPOINT_DISABLED] = Field(description="What happened.")
    timestamp: datetime = Field(description="When it happened.")
    data: EndpointDisabledData = Field(description="What it is about.")


async def body_of(connection: AsyncConnection, event: Event) -> str:
    """Return what is sent of an event, letter by letter the same each time."""
    if event.body is not None:
        return event.body
    assert event.refund_id is not None
    async with at_once(connection) as reads:
        telling = reads.begin(told_refunds.find, event.refund_id)
        claiming = reads.begin(claims.rows_of, [event.refund_id])
        paying = reads.begin(payouts.rows_of, [event.refund_id])
    refund, claimed = telling.result(), claiming.result()[event.refund_id]
    data = _data(event, refund, claimed, paying.result()[event.refund_id])
    told = RefundEvent(event_id=event.event_id, type=event.type, timestamp=event.at, data=data)
    return await webhook_events.keep_body(connection, event.event_id, told.model_dump_json(by_alias=True))


def _data(event: Event, refund: ToldRefund, claimed: list[ClaimRow], paid: list[Payout]) -> RefundEventData:
    shipping, tax = refund.shipping.read(), refund.shipping_tax
    measures = refund.measures
    extras = refund.extras.read() if refund.extras else ()
    lines = [_line(row, measures.get(row.line_id)) for row in claimed if row.state != ClaimState.RELEASED]
    lines += [
        ToldLine(
            line_id=each.line_id,
            quantity=0,
            accepted=None,
            amount=each.amount.minor_units,
            tax=each.tax.minor_units,
        )
        for each in extras
        if each.is_any
    ]
    return RefundEventData.model_validate(
        {
            "sequence": event.sequence,
            "status": event.status,
            "message": event.message,
            "refund": _refund(refund),
            "lines": lines,
            "shipping": ToldShipping(amount=shipping.minor_units, tax=tax.read().minor_units if tax else 0),
            "return": _known_of_the_return(refund.goods_return),
            "tenders": [told_tender(row) for row in paid],
        }
    )


def _refund(refund: ToldRefund) -> ToldOfRefund:
    total = refund.total.read()
    return ToldOfRefund(
        refund_id=refund.refund_id,
        order_id=refund.order_id,
        order_version=refund.order_version,
        customer_id=account(refund.customer_id),
        status=refund.status,
        reason=refund.given.of_refund.code,
        stands_for=refund.reason,
        kind=refund.kind,
        currency=total.currency,
        total=total.minor_units,
        metadata=refund.metadata,
        created_at=refund.created_at,
        completed_at=refund.completed_at,
    )


def _line(row: ClaimRow, measure: Measure | None) -> ToldLine:
    return ToldLine(
        line_id=row.line_id,
        quantity=as_said(row.unit_count, measure),
        accepted=None if row.accepted is None else as_said(row.accepted, measure),
        amount=row.amount,
        tax=row.tax,
    )


def _known_of_the_return(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    return kept and {name: kept.get(name) for name in ToldReturn.model_fields}


def told_tender(row: Payout) -> ToldTender:
    """Say what merchants' systems are told of a payout; one that waits for their balance is `pending`.

    Where it is store credit, it is in the order's currency and goes through no gateway.
    """
    is_transfer = row.goes_to is RefundTo.BANK_TRANSFER
    method = PaymentMethod.BANK_TRANSFER if is_transfer else row.method
    paid = row.in_order_currency if row.is_credit else row.money
    return ToldTender(
        payment_id=row.payment_id,
        method=PaymentMethod.STORE_CREDIT if row.is_credit else method,
        gateway="" if row.is_credit or is_transfer else row.gateway,
        amount=paid.minor_units,
        currency=paid.currency,
        status=_as_told(row.status),
        gateway_ref=row.gateway_ref,
        decline_code=row.decline_code,
    )


def _as_told(status: PayoutStatus) -> ToldStatus:
    match status:
        case PayoutStatus.PLANNED:
            return "planned"
        case PayoutStatus.REQUESTED | PayoutStatus.PENDING | PayoutStatus.WAITING_FOR_BALANCE:
            return "pending"
        case PayoutStatus.SUCCEEDED:
            return "succeeded"
        case PayoutStatus.DECLINED:
            return "failed"
