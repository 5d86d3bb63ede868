# Written by `make client`; change the document, or the async half, instead.
"""Requests: refund rights."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import AppealBody, RightsAnswer, SuspensionBody


def get_suspension(customer_id: str) -> Call[RightsAnswer]:
    return Call("GET", f"/v1/customers/{call.in_path(customer_id)}/suspension", call.json_of(RightsAnswer))


def suspend_customer(
    customer_id: str, body: SuspensionBody | None = None, *, idempotency_key: str | None = None
) -> Call[RightsAnswer]:
    return Call(
        "POST",
        f"/v1/customers/{call.in_path(customer_id)}/suspension",
        call.json_of(RightsAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def reinstate_customer(customer_id: str) -> Call[RightsAnswer]:
    return Call("DELETE", f"/v1/customers/{call.in_path(customer_id)}/suspension", call.json_of(RightsAnswer))


def appeal_suspension(customer_id: str, body: AppealBody, *, idempotency_key: str | None = None) -> Call[RightsAnswer]:
    return Call(
        "POST",
        f"/v1/customers/{call.in_path(customer_id)}/appeal",
        call.json_of(RightsAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
