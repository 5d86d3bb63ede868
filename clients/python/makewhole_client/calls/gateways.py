# Written by `make client`; change the document, or the async half, instead.
"""Requests: gateways."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import GatewayAnswer, GatewayBody, GatewayList


def put_gateway(gateway_id: str, body: GatewayBody) -> Call[GatewayAnswer]:
    return Call("PUT", f"/v1/gateways/{call.in_path(gateway_id)}", call.json_of(GatewayAnswer), body=body)


def get_gateway(gateway_id: str) -> Call[GatewayAnswer]:
    return Call("GET", f"/v1/gateways/{call.in_path(gateway_id)}", call.json_of(GatewayAnswer))


def list_gateways() -> Call[GatewayList]:
    return Call("GET", "/v1/gateways", call.json_of(GatewayList))
