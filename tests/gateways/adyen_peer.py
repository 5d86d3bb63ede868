"""Adyen's Checkout as its description has it, as a program: `python -m tests.gateways.adyen_peer PORT`.

It takes refunds, says only that it has, keeps idempotency keys, tells by signed webhooks what has become of them, and
shares no code with the adapter. What lies under `/_peer` is for the tests. `docs/gateways.md` names the documents.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.gateways.peer_http import Request, Response, post, serve

Json = dict[str, Any]

_TAKES_S = 0.02
_BECOMES = {"SUCCEEDS_LATER": ("REFUND", "true"), "FAILS_LATER": ("REFUND", "false")}
_BECOMES["IS_REVERSED"] = ("REFUNDED_REVERSED", "true")
_LATER = ("SUCCEEDS_LATER", "FAILS_LATER")
_REFUSED = "Refused by the card scheme"


class Refused(Exception):
    """Ends a request with a no."""

    def __init__(self, status: int, code: str, message: str, kind: str = "validation", **headers: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
        self.said: Json = {"status": status, "errorCode": code, "message": message, "errorType": kind}


@dataclass(slots=True)
class Payment:
    psp_reference: str
    amount: Json
    course: str
    calls: int = 0


@dataclass(slots=True)
class Refund:
    """`failed` is set of what did not go out, or came back."""

    payment: Payment
    psp_reference: str
    reference: str
    amount: Json
    failed: bool = False


@dataclass(slots=True)
class Account:
    """`keys` are remembered with what was answered, None while it is under way."""

    merchant_account: str
    hmac_key: bytes
    notify_url: str
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)
    keys: dict[str, Json | None] = field(default_factory=dict)
    rules: Json = field(default_factory=dict)
    log: list[Json] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)

    def left(self, payment: Payment) -> int:
        gone = (each for each in self.refunds if each.payment is payment and not each.failed)
        return int(payment.amount["value"]) - sum(int(each.amount["value"]) for each in gone)


ACCOUNTS: dict[str, Account] = {}


async def refund(account: Account, name: str, said: Json, key: str) -> Json:
    """POST /payments/{paymentPspReference}/refunds: the same key is answered as the first time."""
    if key in account.keys:
        known = account.keys[key]
        if known is None:
            raise Refused(422, "704", "Request already processed or in progress")
        return known
    payment = _sound(account, name, said)
    _at_the_door(account, payment)
    account.keys[key] = None
    await asyncio.sleep(_TAKES_S)
    made = Refund(payment, secrets.token_hex(8).upper(), said.get("reference", ""), said["amount"])
    answered = {
        "merchantAccount": account.merchant_account,
        "paymentPspReference": payment.psp_reference,
        "pspReference": made.psp_reference,
        "reference": made.reference,
        "status": "received",
        "amount": made.amount,
    }
    await _decided(account, made)
    account.keys[key] = answered
    if payment.course == "BREAKS_DOWN":
        raise Refused(500, "000", "Internal error", "internal")
    return answered


def _sound(account: Account, name: str, said: Json) -> Payment:
    if said.keys() - {"merchantAccount", "amount", "reference"} or len(said.get("reference", "")) > 80:
        raise Refused(400, "702", "Unknown field")
    if said["merchantAccount"] != account.merchant_account:
        raise Refused(422, "901", "Invalid Merchant Account", "security")
    if name not in account.payments:
        raise Refused(422, "167", "Original pspReference required for this operation")
    payment = account.payments[name]
    if said["amount"]["currency"] != payment.amount["currency"]:
        raise Refused(422, "138", "Unsupported currency specified")
    if not isinstance(said["amount"]["value"], int) or said["amount"]["value"] < 1:
        raise Refused(422, "137", "Invalid amount specified")
    return payment


def _at_the_door(account: Account, payment: Payment) -> None:
    payment.calls += 1
    if payment.calls == 1 and payment.course == "IS_BUSY":
        raise Refused(429, "000", "Too many requests", "security", **{"retry-after": "1"})
    if payment.calls == 1 and payment.course == "BREAKS_DOWN":
        raise Refused(500, "000", "Internal error", "internal")
    if code := account.rules.get("refuses"):
        raise Refused(int(account.rules.get("status", 422)), code, "It is refused")


async def _decided(account: Account, made: Refund) -> None:
    """What is decided at once is told before the request is answered."""
    is_too_much = int(made.amount["value"]) > account.left(made.payment)
    account.refunds.append(made)
    if is_too_much:
        made.failed = True
        await tell(account, made, "REFUND", "false", "Insufficient balance on payment")
    elif made.payment.course == "DECLINES":
        made.failed = True
        await tell(account, made, "REFUND", "false", _REFUSED)
    elif made.payment.course not in _LATER:
        await tell(account, made, "REFUND", "true", "")


async def turn(account: Account, name: str) -> None:
    """What was waiting, or paid, becomes what its payment says."""
    payment = account.payments[name]
    for each in account.refunds:
        if each.payment is payment and payment.course in _BECOMES and not each.failed:
            code, success = _BECOMES[payment.course]
            each.failed = code != "REFUND" or success == "false"
            await tell(account, each, code, success, _REFUSED if each.failed else "")


async def tell(account: Account, made: Refund, code: str, success: str, reason: str) -> None:
    more = {"bookingDate": _now()}
    if code == "REFUND" and success == "true":
        more["arn"] = f"7454{len(account.refunds):019d}"
    about = {"pspReference": made.psp_reference, "originalReference": made.payment.psp_reference}
    await tell_item(
        account,
        {**about, "merchantReference": made.reference, "amount": made.amount, "reason": reason},
        {"eventCode": code, "success": success},
        more,
    )


async def tell_item(account: Account, item: Json, what: Json, more: Json) -> None:
    """Sign an item and post it twice."""
    said: Json = {"merchantAccountCode": account.merchant_account, "eventDate": _now(), "paymentMethod": "visa"}
    said |= item | what
    parts = [said["pspReference"], said["originalReference"], said["merchantAccountCode"], said["merchantReference"]]
    parts += [said["amount"]["value"], said["amount"]["currency"], said["eventCode"], said["success"]]
    made = hmac.new(account.hmac_key, ":".join(map(str, parts)).encode(), hashlib.sha256).digest()
    said["additionalData"] = {**more, "hmacSignature": base64.b64encode(made).decode()}
    webhook = {"live": "false", "notificationItems": [{"NotificationRequestItem": said}]}
    account.told.append(webhook)
    for _ in range(2):
        if account.notify_url and not account.rules.get("is_silent"):
            await post(account.notify_url, json.dumps(webhook).encode(), {"content-type": "application/json"})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")  # noqa: TID251


async def answer(request: Request) -> Response:
    address = urlsplit(request.target)
    parts = [unquote(part) for part in address.path.strip("/").split("/")]
    if parts[0] == "_peer":
        return Response(200, json.dumps(await told(parts[1], json.loads(request.body or b"{}"))).encode())
    account = ACCOUNTS.get(request.headers.get("x-api-key", ""))
    if account is None:
        said = {"status": 401, "errorCode": "000", "message": "HTTP Status Response - Unauthorized"}
        return Response(401, json.dumps({**said, "errorType": "security"}).encode())
    noted: Json = {"method": request.method, "path": address.path, "body": request.body.decode()}
    noted["headers"] = dict(request.headers)
    status, headers = 201, dict[str, str]()
    try:
        match request.method, parts:
            case "POST", ["v72", "payments", name, "refunds"]:
                key = request.headers.get("idempotency-key", secrets.token_hex(8))
                made = await refund(account, name, json.loads(request.body), key)
            case _:
                raise Refused(404, "000", "Not found")
    except Refused as refused:
        status, made, headers = refused.status, refused.said, refused.headers
    account.log.append({**noted, "status": status, "said": made})
    return Response(status, json.dumps(made).encode(), {"content-type": "application/json", **headers})


async def told(what: str, said: Json) -> Json:
    """Do what a test asks for."""
    if what == "account":
        key = bytes.fromhex(said["hmac_key"])
        ACCOUNTS[said["api_key"]] = Account(said["merchant_account"], key, said["notify_url"])
        return {}
    account = ACCOUNTS[said["account"]]
    match what:
        case "charges":
            name = said.get("id") or secrets.token_hex(8).upper()
            account.payments[name] = Payment(name, said["amount"], said["course"])
            return {"charge": name}
        case "turn":
            await turn(account, said["charge"])
        case "item":
            await tell_item(account, said["item"], said["happened"], said["more"])
        case "rules":
            account.rules |= said
        case "forget":
            account.keys.clear()
    listed = [
        [each.payment.psp_reference, each.reference, each.psp_reference, each.amount["value"], each.failed]
        for each in account.refunds
    ]
    return {"refunds": listed, "log": account.log, "told": account.told}


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), answer))
