# Written by `make client`; change the document, or the async half, instead.
"""Requests: reports."""

from datetime import datetime

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import GatewayReport, RefundReport, ResponseReport


def report_refunds(*, from_: datetime | None = None, to: datetime | None = None) -> Call[RefundReport]:
    return Call("GET", "/v1/reports/refunds", call.json_of(RefundReport), query={"from": from_, "to": to})


def report_response(*, from_: datetime | None = None) -> Call[ResponseReport]:
    return Call("GET", "/v1/reports/response", call.json_of(ResponseReport), query={"from": from_})


def report_gateways(*, from_: datetime) -> Call[GatewayReport]:
    return Call("GET", "/v1/reports/gateways", call.json_of(GatewayReport), query={"from": from_})
