"""A stateful stand-in for UPS, from its published API (developer.ups.com): tokens, labels, voiding, pick-ups, tracking.

It is a program of its own and shares no code with the adapter. What only a test asks for lies under `/_peer`.
"""

import asyncio
import base64
import json
import secrets
import sys
from dataclasses import dataclass, field
from typing import Any

from domain import clock

Json = dict[str, Any]

SERVICES = ("11", "07", "65")
_PICTURE = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_SHIP, _VOID = "/api/shipments/v2409/ship", "/api/shipments/v2409/void/cancel/"
_PICKUP, _NO_PICKUP = "/api/pickupcreation/v2409/pickup", "/api/shipments/v2409/pickup/"
_TRACK, _TOKEN = "/api/track/v1/details/", "/security/v1/oauth/token"


class Answer(Exception):
    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(slots=True)
class Shipment:
    number: str
    is_void: bool = False
    activities: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    shipments: dict[str, Shipment] = field(default_factory=dict)
    pickups: dict[str, bool] = field(default_factory=dict)
    breakdowns: list[int] = field(default_factory=list)


ACCOUNTS: dict[str, Account] = {}


def error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"response": {"errors": [{"code": code, "message": message}]}})


def account_of(headers: dict[str, str]) -> Account:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not given.startswith("tok_"):
        raise error(401, "250002", "Invalid Authentication Information.")
    return ACCOUNTS.setdefault(given, Account())


def token(headers: dict[str, str]) -> Json:
    name, _, key = base64.b64decode(headers["authorization"].partition(" ")[2]).decode().partition(":")
    if not key.startswith("key_"):
        raise error(401, "10401", "ClientId is Invalid")
    issued_at = str(int(clock.now().timestamp() * 1000))
    return {"token_type": "Bearer", "issued_at": issued_at, "access_token": f"tok_{name}", "expires_in": "14399"}


def ship(account: Account, asked: Json) -> Json:
    wanted = asked["ShipmentRequest"]["Shipment"]
    if wanted["Service"]["Code"] not in SERVICES:
        raise error(400, "120100", "The requested service is unavailable between the selected locations.")
    for side in ("ShipTo", "ShipFrom"):
        address = wanted[side]["Address"]
        if not (address.get("AddressLine") and address.get("City") and address.get("CountryCode")):
            raise error(400, "120202", f"Missing or invalid {side} address")
    shipment = Shipment("1Z" + secrets.token_hex(8).upper())
    account.shipments[shipment.number] = shipment
    picture = {"ImageFormat": {"Code": "GIF", "Description": "GIF"}, "GraphicImage": _PICTURE}
    results = {
        "ShipmentIdentificationNumber": shipment.number,
        "PackageResults": [{"TrackingNumber": shipment.number, "ShippingLabel": picture}],
    }
    return {"ShipmentResponse": {"Response": _YES, "ShipmentResults": results}}


_YES = {"ResponseStatus": {"Code": "1", "Description": "Success"}}


def void(account: Account, number: str) -> Json:
    shipment = account.shipments.get(number)
    if shipment is None:
        raise error(400, "190102", "No shipment found within the allowed void period")
    if shipment.is_void or shipment.activities:
        raise error(400, "190117", "The shipment has already been voided or is in transit")
    shipment.is_void = True
    return {"VoidShipmentResponse": {"Response": _YES, "SummaryResult": {"Status": {"Code": "1"}}}}


def collect(account: Account, asked: Json) -> Json:
    when = asked["PickupCreationRequest"]["PickupDateInfo"]
    if not (when.get("PickupDate") and when.get("ReadyTime") and when.get("CloseTime")):
        raise error(400, "9500510", "Missing or invalid pickup time")
    number = "29" + secrets.token_hex(5).upper()
    account.pickups[number] = True
    return {"PickupCreationResponse": {"Response": _YES, "PRN": number}}


def collect_not(account: Account, number: str) -> Json:
    if not account.pickups.get(number):
        raise error(400, "9510113", "The Pickup Request (PRN) has already been cancelled or does not exist")
    account.pickups[number] = False
    return {"PickupCancelResponse": {"Response": _YES}}


def track(account: Account, number: str) -> Json:
    shipment = account.shipments.get(number)
    if shipment is None:
        raise error(404, "TW0001", "Tracking Information Not Found")
    label_made = {"status": {"type": "M", "code": "MP", "description": "Shipper created a label"}}
    activities = [*reversed(shipment.activities), {**label_made, "date": "20200101", "time": "000000"}]
    package = {"trackingNumber": number, "activity": activities, "deliveryDate": [], "packageAddress": []}
    return {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": [package]}]}}


def of_the_test(account: Account, path: str, asked: Json) -> Json:
    if path == "/_peer/breakdown":
        account.breakdowns = list(asked["statuses"])
    elif path == "/_peer/activity":
        account.shipments[asked.pop("number")].activities.append(asked)
    shipments = [{"number": each.number, "is_void": each.is_void} for each in account.shipments.values()]
    return {"shipments": shipments, "pickups": [number for number, stands in account.pickups.items() if stands]}


def answer(method: str, path: str, body: bytes, headers: dict[str, str]) -> Json:
    if path == _TOKEN:
        return token(headers)
    account = account_of(headers)
    if path.startswith("/_peer/"):
        return of_the_test(account, path, json.loads(body))
    if account.breakdowns:
        raise error(account.breakdowns.pop(0), "10429", "Too many requests, or we are out of order")
    if (method, path) == ("POST", _SHIP):
        return ship(account, json.loads(body))
    if (method, path) == ("POST", _PICKUP):
        return collect(account, json.loads(body))
    if method == "DELETE" and path.startswith(_VOID):
        return void(account, path.removeprefix(_VOID))
    if method == "DELETE" and path.startswith(_NO_PICKUP):
        return collect_not(account, headers.get("prn", ""))
    if method == "GET" and path.startswith(_TRACK):
        return track(account, path.removeprefix(_TRACK))
    raise error(404, "404", "Not found")


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
        return
    try:
        status, said = 200, answer(method, target.partition("?")[0], body, headers)
    except Answer as other:
        status, said = other.status, other.body
    text = json.dumps(said).encode()
    lines = f"HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-type: application/json\r\n"
    writer.write(f"{lines}content-length: {len(text)}\r\n\r\n".encode() + text)
    await writer.drain()
    writer.close()


async def main(port: int) -> None:
    async with await asyncio.start_server(serve_one, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
