# Written by `make client`; change the document, or the async half, instead.
"""Requests: sandbox."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CarrierBody, ChargeAnswer, ChargeBody, MoveBody


def set_charge_behaviour(charge_ref: str, body: ChargeBody) -> Call[ChargeAnswer]:
    return Call("PUT", f"/v1/sandbox/charges/{call.in_path(charge_ref)}", call.json_of(ChargeAnswer), body=body)


def set_carrier_terms(body: CarrierBody) -> Call[CarrierBody]:
    return Call("PUT", "/v1/sandbox/carrier", call.json_of(CarrierBody), body=body)


def move_parcel(tracking_number: str, body: MoveBody) -> Call[MoveBody]:
    return Call("PUT", f"/v1/sandbox/parcels/{call.in_path(tracking_number)}", call.json_of(MoveBody), body=body)
