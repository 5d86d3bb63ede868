# Written by `make client`; change the document, or the async half, instead.
"""Requests: sandbox."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CarrierBody, ChargeAnswer, ChargeBody, MoveBody, TestClockAnswer, TestClockBody


def get_test_clock() -> Call[TestClockAnswer]:
    return Call("GET", "/v1/test-clock", call.json_of(TestClockAnswer))


def advance_test_clock(body: TestClockBody, *, idempotency_key: str | None = None) -> Call[TestClockAnswer]:
    return Call(
        "POST",
        "/v1/test-clock/advance",
        call.json_of(TestClockAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def set_charge_behaviour(charge_ref: str, body: ChargeBody) -> Call[ChargeAnswer]:
    return Call("PUT", f"/v1/sandbox/charges/{call.in_path(charge_ref)}", call.json_of(ChargeAnswer), body=body)


def set_carrier_terms(body: CarrierBody) -> Call[CarrierBody]:
    return Call("PUT", "/v1/sandbox/carrier", call.json_of(CarrierBody), body=body)


def move_parcel(tracking_number: str, body: MoveBody) -> Call[MoveBody]:
    return Call("PUT", f"/v1/sandbox/parcels/{call.in_path(tracking_number)}", call.json_of(MoveBody), body=body)
