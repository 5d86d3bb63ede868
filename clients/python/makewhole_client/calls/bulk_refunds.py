# Written by `make client`; change the document, or the async half, instead.
"""Requests: bulk refunds."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import BulkAnswer, BulkConfirmation, BulkList, BulkStop, LineStatus


def request_bulk_refunds(body: bytes, *, idempotency_key: str | None = None) -> Call[BulkAnswer]:
    return Call(
        "POST",
        "/v1/refunds/bulk",
        call.json_of(BulkAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
        content_type="application/jsonl",
    )


def list_bulk_refunds() -> Call[BulkList]:
    return Call("GET", "/v1/bulk", call.json_of(BulkList))


def get_bulk_refunds(
    bulk_id: str, *, lines_cursor: str | None = None, line_status: LineStatus | None = None, limit: int | None = None
) -> Call[BulkAnswer]:
    return Call(
        "GET",
        f"/v1/bulk/{call.in_path(bulk_id)}",
        call.json_of(BulkAnswer),
        query={"lines_cursor": lines_cursor, "line_status": line_status, "limit": limit},
    )


def confirm_bulk_refunds(
    bulk_id: str, body: BulkConfirmation, *, idempotency_key: str | None = None
) -> Call[BulkAnswer]:
    return Call(
        "POST",
        f"/v1/bulk/{call.in_path(bulk_id)}/confirmation",
        call.json_of(BulkAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def stop_bulk_refunds(
    bulk_id: str, body: BulkStop | None = None, *, idempotency_key: str | None = None
) -> Call[BulkAnswer]:
    return Call(
        "POST",
        f"/v1/bulk/{call.in_path(bulk_id)}/stop",
        call.json_of(BulkAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
