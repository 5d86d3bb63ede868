# Written by `make client`; change the document, or the async half, instead.
"""Requests: carriers."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CarrierAccountAnswer, CarrierAccountBody


def put_carrier(carrier_id: str, body: CarrierAccountBody) -> Call[CarrierAccountAnswer]:
    return Call("PUT", f"/v1/carriers/{call.in_path(carrier_id)}", call.json_of(CarrierAccountAnswer), body=body)


def get_carrier(carrier_id: str) -> Call[CarrierAccountAnswer]:
    return Call("GET", f"/v1/carriers/{call.in_path(carrier_id)}", call.json_of(CarrierAccountAnswer))
