# Written by `make client`; change the document, or the async half, instead.
"""Requests: labels."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import ParcelBody, RefundAnswer


def get_label(label: str, *, accept: str | None = None) -> Call[bytes]:
    return Call("GET", f"/v1/labels/{call.in_path(label)}", call.as_bytes, headers={"accept": accept})


def add_label(refund_id: str, body: ParcelBody, *, idempotency_key: str | None = None) -> Call[RefundAnswer]:
    return Call(
        "POST",
        f"/v1/refunds/{call.in_path(refund_id)}/labels",
        call.json_of(RefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
