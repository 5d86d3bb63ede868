# Written by `make client`; change the document, or the async half, instead.
"""Requests: reports."""

from datetime import datetime

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import RefundReport


def report_refunds(*, from_: datetime | None = None, to: datetime | None = None) -> Call[RefundReport]:
    return Call("GET", "/v1/reports/refunds", call.json_of(RefundReport), query={"from": from_, "to": to})
