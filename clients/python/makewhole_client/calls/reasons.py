# Written by `make client`; change the document, or the async half, instead.
"""Requests: reasons."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import ReasonsAnswer, ReasonsBody


def get_reasons() -> Call[ReasonsAnswer]:
    return Call("GET", "/v1/reasons", call.json_of(ReasonsAnswer))


def put_reasons(body: ReasonsBody) -> Call[ReasonsAnswer]:
    return Call("PUT", "/v1/reasons", call.json_of(ReasonsAnswer), body=body)
