# Written by `make client`; change the document, or the async half, instead.
"""Requests: orders."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    DisputeAnswer,
    DisputeBody,
    ExternalRefundAnswer,
    ExternalRefundBody,
    OrderAnswer,
    OrderBody,
    OrderList,
    OrderPageAnswer,
    PageLinkAnswer,
)


def list_orders(
    *, customer_id: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[OrderList]:
    return Call(
        "GET",
        "/v1/orders",
        call.json_of(OrderList),
        query={"customer_id": customer_id, "cursor": cursor, "limit": limit},
    )


def put_order(order_id: str, body: OrderBody) -> Call[OrderAnswer]:
    return Call("PUT", f"/v1/orders/{call.in_path(order_id)}", call.json_of(OrderAnswer), body=body)


def get_order(order_id: str, *, lines_cursor: str | None = None, version: int | None = None) -> Call[OrderAnswer]:
    return Call(
        "GET",
        f"/v1/orders/{call.in_path(order_id)}",
        call.json_of(OrderAnswer),
        query={"lines_cursor": lines_cursor, "version": version},
    )


def get_order_page(order_id: str, *, lines_cursor: str | None = None) -> Call[OrderPageAnswer]:
    return Call(
        "GET",
        f"/v1/orders/{call.in_path(order_id)}/page",
        call.json_of(OrderPageAnswer),
        query={"lines_cursor": lines_cursor},
    )


def make_page_link(order_id: str) -> Call[PageLinkAnswer]:
    return Call("POST", f"/v1/orders/{call.in_path(order_id)}/page/links", call.json_of(PageLinkAnswer))


def note_external_refund(
    order_id: str, body: ExternalRefundBody, *, idempotency_key: str | None = None
) -> Call[ExternalRefundAnswer]:
    return Call(
        "POST",
        f"/v1/orders/{call.in_path(order_id)}/external-refunds",
        call.json_of(ExternalRefundAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def note_dispute(order_id: str, body: DisputeBody, *, idempotency_key: str | None = None) -> Call[DisputeAnswer]:
    return Call(
        "POST",
        f"/v1/orders/{call.in_path(order_id)}/disputes",
        call.json_of(DisputeAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
