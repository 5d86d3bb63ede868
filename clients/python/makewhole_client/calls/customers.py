# Written by `make client`; change the document, or the async half, instead.
"""Requests: customers."""

from typing import Literal

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    CustomerAnswer,
    CustomerBody,
    CustomerList,
    ErasureAnswer,
    Inbox,
    PersonalData,
    PointsAnswer,
    PointsBody,
    PreferencesAnswer,
    PreferencesBody,
    PreviewAnswer,
    Shown,
)


def put_customer(customer_id: str, body: CustomerBody) -> Call[CustomerAnswer]:
    return Call("PUT", f"/v1/customers/{call.in_path(customer_id)}", call.json_of(CustomerAnswer), body=body)


def get_customer(customer_id: str, *, lines_cursor: str | None = None) -> Call[CustomerAnswer]:
    return Call(
        "GET",
        f"/v1/customers/{call.in_path(customer_id)}",
        call.json_of(CustomerAnswer),
        query={"lines_cursor": lines_cursor},
    )


def adjust_points(customer_id: str, body: PointsBody, *, idempotency_key: str | None = None) -> Call[PointsAnswer]:
    return Call(
        "POST",
        f"/v1/customers/{call.in_path(customer_id)}/points",
        call.json_of(PointsAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def get_customer_inbox(customer_id: str, *, cursor: str | None = None, limit: int | None = None) -> Call[Inbox]:
    return Call(
        "GET",
        f"/v1/customers/{call.in_path(customer_id)}/inbox",
        call.json_of(Inbox),
        query={"cursor": cursor, "limit": limit},
    )


def export_personal_data(
    customer_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[PersonalData]:
    return Call(
        "GET",
        f"/v1/customers/{call.in_path(customer_id)}/personal-data",
        call.json_of(PersonalData),
        query={"cursor": cursor, "limit": limit},
    )


def erase_personal_data(customer_id: str) -> Call[ErasureAnswer]:
    return Call("DELETE", f"/v1/customers/{call.in_path(customer_id)}/personal-data", call.json_of(ErasureAnswer))


def put_preferences(customer_id: str, body: PreferencesBody) -> Call[PreferencesAnswer]:
    return Call(
        "PUT", f"/v1/customers/{call.in_path(customer_id)}/preferences", call.json_of(PreferencesAnswer), body=body
    )


def get_preferences(customer_id: str) -> Call[PreferencesAnswer]:
    return Call("GET", f"/v1/customers/{call.in_path(customer_id)}/preferences", call.json_of(PreferencesAnswer))


def preview_message(
    *,
    topic: Literal[
        "received",
        "evidence_requested",
        "approved",
        "rejected",
        "cancelled",
        "expired",
        "reopened",
        "parcel_lost",
        "one_parcel_lost",
        "lost_goods_paid",
        "lost_goods_not_paid",
        "bank_transfer",
        "payout_failed",
        "waiting_for_balance",
        "label_ready",
        "return_reminder",
        "parcel_received",
        "inspected",
        "paid",
        "owes_less",
        "credit_bonus",
        "credit_bonus_withdrawn",
        "coupon_reinstated",
        "coupon_use_reinstated",
        "points_restored",
        "points_clawed_back",
        "campaign_confirmed",
        "campaign_withdrawn",
        "coupon_withdrawn",
        "points_withdrawn",
        "points_given_again",
        "exclusive_discount_withdrawn",
        "coupon_given_again",
        "credit_given_again",
        "campaign_given_again",
        "dispute_won",
        "coupon_residual",
        "coupon_revoked",
        "credit_withdrawn",
        "exclusive_discount_reinstated",
        "gift_deducted",
        "tier_changed",
        "tier_will_change",
        "amount_changed",
        "completed",
        "pickup_arranged",
        "suspended",
        "reinstated",
    ],
    locale: str | None = None,
    channel: Shown | None = None,
) -> Call[PreviewAnswer]:
    return Call(
        "GET",
        "/v1/messages/preview",
        call.json_of(PreviewAnswer),
        query={"topic": topic, "locale": locale, "channel": channel},
    )


def list_customers(*, cursor: str | None = None, limit: int | None = None) -> Call[CustomerList]:
    return Call("GET", "/v1/customers", call.json_of(CustomerList), query={"cursor": cursor, "limit": limit})
