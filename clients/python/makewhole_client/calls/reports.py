# Written by `make client`; change the document, or the async half, instead.
"""Requests: reports."""

from datetime import datetime

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    EntitlementReport,
    Every,
    GatewayReport,
    MoneyReport,
    OpinionReport,
    RefundReport,
    ResponseReport,
    TrendReport,
)


def report_refunds(*, from_: datetime | None = None, to: datetime | None = None) -> Call[RefundReport]:
    return Call("GET", "/v1/reports/refunds", call.json_of(RefundReport), query={"from": from_, "to": to})


def report_trends(
    *, from_: datetime | None = None, to: datetime | None = None, every: Every | None = None
) -> Call[TrendReport]:
    return Call("GET", "/v1/reports/trends", call.json_of(TrendReport), query={"from": from_, "to": to, "every": every})


def report_money(*, from_: datetime | None = None, to: datetime | None = None) -> Call[MoneyReport]:
    return Call("GET", "/v1/reports/money", call.json_of(MoneyReport), query={"from": from_, "to": to})


def report_entitlements(*, from_: datetime | None = None, to: datetime | None = None) -> Call[EntitlementReport]:
    return Call("GET", "/v1/reports/entitlements", call.json_of(EntitlementReport), query={"from": from_, "to": to})


def report_opinions(*, from_: datetime | None = None, to: datetime | None = None) -> Call[OpinionReport]:
    return Call("GET", "/v1/reports/opinions", call.json_of(OpinionReport), query={"from": from_, "to": to})


def report_response(*, from_: datetime | None = None) -> Call[ResponseReport]:
    return Call("GET", "/v1/reports/response", call.json_of(ResponseReport), query={"from": from_})


def report_gateways(*, from_: datetime) -> Call[GatewayReport]:
    return Call("GET", "/v1/reports/gateways", call.json_of(GatewayReport), query={"from": from_})
