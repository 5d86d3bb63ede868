# Written by `make client`; change the document, or the async half, instead.
"""Requests: entitlement systems."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import EntitlementSystemAnswer, EntitlementSystemBody


def put_entitlement_system(system_id: str, body: EntitlementSystemBody) -> Call[EntitlementSystemAnswer]:
    return Call(
        "PUT", f"/v1/entitlement-systems/{call.in_path(system_id)}", call.json_of(EntitlementSystemAnswer), body=body
    )


def get_entitlement_system(system_id: str) -> Call[EntitlementSystemAnswer]:
    return Call("GET", f"/v1/entitlement-systems/{call.in_path(system_id)}", call.json_of(EntitlementSystemAnswer))
