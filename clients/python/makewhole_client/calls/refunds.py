# Written by `make client`; change the document, or the async half, instead.
"""Requests: refunds."""

from datetime import datetime

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    BankAccountAnswer,
    CancelBody,
    EvidenceBody,
    FeedbackBody,
    GoodsAnswer,
    InspectionBody,
    LiveEvent,
    LossBody,
    ParcelNoteBody,
    PictureAnswer,
    ReceiptBody,
    RefundAnswer,
    RefundBody,
    RefundList,
    RefundMessages,
    RefundQuote,
    RefundStatus,
    ResolutionBody,
    ReviewBody,
    ShipmentBody,
)


def quote_refund(body: RefundBody, *, lines_cursor: str | None = None, locale: str | None = None) -> Call[RefundQuote]:
    return Call(
        "POST",
        "/v1/refunds/quote",
        call.json_of(RefundQuote),
        query={"lines_cursor": lines_cursor, "locale": locale},
        body=body,
    )


def request_refund(body: RefundBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        "/v1/refunds",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def list_refunds(
    *,
    status: RefundStatus | None = None,
    rma: str | None = None,
    order_id: str | None = None,
    customer_id: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[RefundList]:
    return Call(
        "GET",
        "/v1/refunds",
        call.json_of(RefundList),
        query={
            "status": status,
            "rma": rma,
            "order_id": order_id,
            "customer_id": customer_id,
            "created_from": created_from,
            "created_to": created_to,
            "cursor": cursor,
            "limit": limit,
        },
    )


def get_refund(refund_id: str, *, lines_cursor: str | None = None, locale: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "GET",
        f"/v1/refunds/{call.in_path(refund_id)}",
        call.json_of(RefundAnswer),
        query={"lines_cursor": lines_cursor, "locale": locale},
    )


def get_return_label(refund_id: str) -> Call[str]:
    return Call("GET", f"/v1/refunds/{call.in_path(refund_id)}/label", call.as_text)


def list_refund_messages(refund_id: str) -> Call[RefundMessages]:
    return Call("GET", f"/v1/refunds/{call.in_path(refund_id)}/messages", call.json_of(RefundMessages))


def send_picture(body: bytes) -> Call[PictureAnswer]:
    return Call("POST", "/v1/evidence", call.json_of(PictureAnswer), body=body, content_type="image/jpeg")


def get_picture(evidence_id: str) -> Call[bytes]:
    return Call("GET", f"/v1/evidence/{call.in_path(evidence_id)}", call.as_bytes)


def watch_refund(refund_id: str, *, last_event_id: int | None = None) -> Call[LiveEvent]:
    return Call(
        "GET",
        f"/v1/refunds/{call.in_path(refund_id)}/events",
        call.one_of(LiveEvent),
        headers={"last-event-id": last_event_id},
        comes_by_lines=True,
    )


def review_refund(refund_id: str, body: ReviewBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/review",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def record_shipment(refund_id: str, body: ShipmentBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/shipment",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def record_receipt(refund_id: str, body: ReceiptBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/receipt",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def record_loss(
    refund_id: str, body: LossBody | None = None, *, idempotency_key: str | None = None
) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/loss",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def record_inspection(
    refund_id: str, body: InspectionBody, *, idempotency_key: str | None = None
) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/inspection",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def cancel_refund(
    refund_id: str, body: CancelBody | None = None, *, idempotency_key: str | None = None
) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/cancel",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def resolve_refund(refund_id: str, body: ResolutionBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/resolution",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def add_evidence(refund_id: str, body: EvidenceBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/evidence",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def note_parcel(refund_id: str, body: ParcelNoteBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/parcel-notes",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def get_return_goods(refund_id: str, *, lines_cursor: str | None = None) -> Call[GoodsAnswer]:
    return Call(
        "GET",
        f"/v1/refunds/{call.in_path(refund_id)}/goods",
        call.json_of(GoodsAnswer),
        query={"lines_cursor": lines_cursor},
    )


def get_bank_account(refund_id: str) -> Call[BankAccountAnswer]:
    return Call("GET", f"/v1/refunds/{call.in_path(refund_id)}/bank-account", call.json_of(BankAccountAnswer))


def give_feedback(refund_id: str, body: FeedbackBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/feedback",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
