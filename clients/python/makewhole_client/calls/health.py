# Written by `make client`; change the document, or the async half, instead.
"""Requests: health."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import Alive, Ready


def check_liveness() -> Call[Alive]:
    return Call("GET", "/healthz", call.json_of(Alive))


def check_readiness() -> Call[Ready]:
    return Call("GET", "/readyz", call.json_of(Ready))
