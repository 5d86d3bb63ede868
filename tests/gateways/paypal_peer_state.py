"""What PayPal knows of an app as our own peer keeps it: captures, orders, refunds, and what it refuses."""

import asyncio
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from cryptography.hazmat.primitives.asymmetric import rsa

Json = dict[str, Any]

_TAKES_S = 0.02
_VALUE = re.compile(r"((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))")
_WHOLE = ("HUF", "JPY", "TWD")
_PENDING = ("SUCCEEDS_LATER", "FAILS_LATER")
BECOMES = {"SUCCEEDS_LATER": "COMPLETED", "FAILS_LATER": "FAILED", "IS_REVERSED": "FAILED"}
_EVENTS = {"PENDING": "PAYMENT.REFUND.PENDING", "COMPLETED": "PAYMENT.CAPTURE.REFUNDED"}
_SEARCHED = {"COMPLETED": "S", "PENDING": "P", "FAILED": "V", "CANCELLED": "D"}


class Refused(Exception):
    """Ends a request with a no."""

    def __init__(self, status: int, name: str, issue: str = "", description: str = "It is refused.", **headers: str):
        super().__init__(name)
        self.status, self.headers = status, headers
        self.said: Json = {"name": name, "message": _MESSAGES.get(name, name), "debug_id": secrets.token_hex(7)}
        if issue:
            self.said["details"] = [{"issue": issue, "description": description}]


_MESSAGES = {
    "UNPROCESSABLE_ENTITY": "The requested action could not be performed, semantically incorrect, or failed business "
    "validation.",
    "RESOURCE_NOT_FOUND": "The specified resource does not exist.",
    "RESOURCE_CONFLICT": "The server has detected a conflict while processing this request.",
    "AUTHENTICATION_FAILURE": "Authentication failed due to missing authorization header, or invalid authentication "
    "credentials.",
}
_DESCRIPTIONS = {
    "CAPTURE_FULLY_REFUNDED": "The capture has already been fully refunded",
    "REFUND_AMOUNT_EXCEEDED": "The refund amount must be less than or equal to the capture amount that has not yet "
    "been refunded.",
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "Refund must be in the same currency as the capture",
    "DUPLICATE_INVOICE_ID": "Invoice ID was previously used to refund a capture.",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "The payer account cannot be used for this transaction.",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": "Capture could not be refunded due to insufficient funds. Please check to see "
    "if you have sufficient funds in your PayPal account or if the bank account linked to your PayPal account is "
    "verified and has sufficient funds.",
}


def unprocessable(issue: str) -> Refused:
    return Refused(422, "UNPROCESSABLE_ENTITY", issue, _DESCRIPTIONS.get(issue, "It is refused."))


@dataclass(slots=True)
class Capture:
    capture_id: str
    order_id: str
    amount: Json
    course: str
    is_short: bool
    calls: int = 0


@dataclass(slots=True)
class App:
    """`requests` are remembered by their id: the refund that was made, None while it is under way."""

    client_id: str
    secret: str
    webhook_id: str
    key: rsa.RSAPrivateKey
    notify_url: str
    captures: dict[str, Capture] = field(default_factory=dict)
    refunds: list[Json] = field(default_factory=list)
    requests: dict[str, Json | None] = field(default_factory=dict)
    untold: list[Json] = field(default_factory=list)
    tokens: int = 0
    rules: Json = field(default_factory=dict)
    log: list[Json] = field(default_factory=list)

    def capture(self, name: str) -> Capture:
        if name not in self.captures:
            raise not_found()
        return self.captures[name]

    def of(self, capture: Capture) -> list[Json]:
        return [each for each in self.refunds if _capture_of(each) == capture.capture_id]

    def left(self, capture: Capture) -> int:
        gone = (each for each in self.of(capture) if each["status"] in ("COMPLETED", "PENDING"))
        return _cents(capture.amount) - sum(_cents(each["amount"]) for each in gone)

    @property
    def now(self) -> float:
        return time.time() + float(self.rules.get("ahead_s", 0))  # noqa: TID251


APPS: dict[str, App] = {}


async def refund(app: App, name: str, said: Json, request_id: str) -> Json:
    """POST /v2/payments/captures/{id}/refund: the same request id is answered with what has become of the first."""
    capture = app.capture(name)
    if request_id in app.requests:
        known = app.requests[request_id]
        if known is None:
            raise Refused(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS")
        return known
    _sound(capture, said)
    _at_the_door(app, capture)
    app.requests[request_id] = None
    try:
        await asyncio.sleep(_TAKES_S)
        _allowed(app, capture, said)
        made = app.requests[request_id] = _made(app, capture, said)
    finally:
        if app.requests[request_id] is None:
            del app.requests[request_id]
    if capture.course == "BREAKS_DOWN":
        raise Refused(500, "INTERNAL_SERVER_ERROR")
    return made


def _sound(capture: Capture, said: Json) -> None:
    if unknown := said.keys() - {"amount", "custom_id", "invoice_id", "note_to_payer", "payment_instruction"}:
        raise Refused(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX", f"{unknown}")
    for each in ("custom_id", "invoice_id"):
        if not 1 <= len(said.get(each, "x")) <= 127:
            raise Refused(400, "INVALID_REQUEST", "INVALID_STRING_LENGTH")
    value, currency = said["amount"]["value"], said["amount"]["currency_code"]
    if not _VALUE.fullmatch(value):
        raise Refused(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
    if currency != capture.amount["currency_code"]:
        raise unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH")
    if currency in _WHOLE and "." in value:
        raise unprocessable("DECIMALS_NOT_SUPPORTED")
    if currency not in _WHOLE and not re.fullmatch(r"[0-9]+\.[0-9]{2}", value):
        raise unprocessable("DECIMAL_PRECISION")


def _at_the_door(app: App, capture: Capture) -> None:
    capture.calls += 1
    if capture.calls == 1 and capture.course == "IS_BUSY":
        raise Refused(429, "RATE_LIMIT_REACHED", **{"retry-after": "1"})
    if capture.calls == 1 and capture.course == "BREAKS_DOWN":
        raise Refused(500, "INTERNAL_SERVER_ERROR")
    if issue := app.rules.get("refuses"):
        raise unprocessable(issue)
    if capture.course == "DECLINES":
        raise unprocessable("PAYER_ACCOUNT_LOCKED_OR_CLOSED")
    if capture.is_short:
        raise unprocessable("REFUND_FAILED_INSUFFICIENT_FUNDS")


def _allowed(app: App, capture: Capture, said: Json) -> None:
    if any(said.get("invoice_id") == each["invoice_id"] for each in app.refunds):
        raise unprocessable("DUPLICATE_INVOICE_ID")
    if not app.left(capture):
        raise unprocessable("CAPTURE_FULLY_REFUNDED")
    if _cents(said["amount"]) > app.left(capture):
        raise unprocessable("REFUND_AMOUNT_EXCEEDED")


def _made(app: App, capture: Capture, said: Json) -> Json:
    name = secrets.token_hex(9).upper()[:17]
    made: Json = {
        "id": name,
        "status": "PENDING" if capture.course in _PENDING else "COMPLETED",
        "amount": said["amount"],
        "custom_id": said.get("custom_id", ""),
        "invoice_id": said.get("invoice_id", ""),
        "seller_payable_breakdown": {"gross_amount": said["amount"], "total_refunded_amount": said["amount"]},
        "payer": {"email_address": "shop@example.com", "merchant_id": "VZSXXMHH8V5TL"},
        "create_time": written(app.now),
        "update_time": written(app.now),
        "links": [
            {"href": f"https://api-m.paypal.com/v2/payments/refunds/{name}", "rel": "self", "method": "GET"},
            {"href": _address_of(capture), "rel": "up", "method": "GET"},
        ],
    }
    if made["status"] == "PENDING":
        made["status_details"] = {"reason": "ECHECK"}
    app.refunds.append(made)
    happened(app, made)
    return made


def happened(app: App, made: Json) -> None:
    event = _EVENTS.get(made["status"], "PAYMENT.REFUND.FAILED")
    app.untold.append(event_of(app, event, "refund", json.loads(json.dumps(made))))


def event_of(app: App, event: str, about: str, resource: Json) -> Json:
    made = {"id": f"WH-{secrets.token_hex(16).upper()}", "event_version": "1.0", "create_time": written(app.now)}
    made |= {"resource_type": about, "resource_version": "2.0", "event_type": event, "summary": "It happened."}
    return {**made, "resource": resource, "links": []}


def shown(app: App, name: str) -> Json:
    """GET /v2/payments/captures/{id}."""
    capture = app.capture(name)
    left = app.left(capture)
    status = "REFUNDED" if not left else "PARTIALLY_REFUNDED" if left < _cents(capture.amount) else "COMPLETED"
    made: Json = {"id": name, "status": status, "amount": capture.amount, "final_capture": True}
    if not app.rules.get("names_no_order"):
        made["supplementary_data"] = {"related_ids": {"order_id": capture.order_id}}
    return made


def order(app: App, name: str) -> Json:
    """GET /v2/checkout/orders/{id}: the history of its payments."""
    captures = [each for each in app.captures.values() if each.order_id == name]
    if not captures or app.rules.get("forgets_orders"):
        raise not_found()
    refunds = [each for capture in captures for each in app.of(capture)]
    listed = {"captures": [shown(app, each.capture_id) for each in captures], "refunds": refunds[::-1]}
    unit = {"reference_id": "default", "payments": listed if refunds else {"captures": listed["captures"]}}
    return {"id": name, "intent": "CAPTURE", "status": "COMPLETED", "purchase_units": [unit]}


def searched(app: App, query: Json) -> Json:
    """GET /v1/reporting/transactions: what was made three hours ago or before."""
    begin, end = (datetime.fromisoformat(query[each]).timestamp() for each in ("start_date", "end_date"))
    if end - begin > 31 * 86_400 or query["transaction_type"] != "T1107":
        raise Refused(400, "INVALID_REQUEST")
    end = min(end, app.now - 3 * 3_600)
    found = [each for each in app.refunds if begin <= datetime.fromisoformat(each["create_time"]).timestamp() <= end]
    if len(found) > int(app.rules.get("most", 10_000)):
        raise Refused(400, "RESULTSET_TOO_LARGE")
    size = min(int(query["page_size"]), int(app.rules.get("page", 500)))
    place = (int(query["page"]) - 1) * size
    rows = [{"transaction_info": _row(each)} for each in found[place : place + size]]
    if app.rules.get("was_refunded"):  # as somebody's customer
        bought = {**_row(app.refunds[0]), "transaction_id": "BOUGHT", "custom_field": "", "invoice_id": "theirs"}
        rows.append({"transaction_info": {**bought, "transaction_amount": app.refunds[0]["amount"]}})
    return {"transaction_details": rows, "page": int(query["page"]), "total_pages": -(-len(found) // size)}


def _row(made: Json) -> Json:
    return {
        "paypal_account_id": "6STWC2LSUYYYE",
        "transaction_id": made["id"],
        "paypal_reference_id": _capture_of(made),
        "paypal_reference_id_type": "TXN",
        "transaction_event_code": "T1107",
        "transaction_initiation_date": made["create_time"].replace("Z", "+0000"),
        "transaction_updated_date": made["update_time"].replace("Z", "+0000"),
        "transaction_amount": {**made["amount"], "value": f"-{made['amount']['value']}"},
        "transaction_status": _SEARCHED[made["status"]],
        "invoice_id": made["invoice_id"],
        "custom_field": made["custom_id"],
    }


def not_found() -> Refused:
    words = "Specified resource ID does not exist. Please check the resource ID and try again."
    return Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID", words)


def _address_of(capture: Capture) -> str:
    return f"https://api-m.paypal.com/v2/payments/captures/{quote(capture.capture_id, safe='')}"


def _capture_of(made: Json) -> str:
    return unquote(made["links"][1]["href"].rpartition("/")[2])


def _cents(amount: Json) -> int:
    whole, _, part = amount["value"].partition(".")
    return int(whole) * 100 + int(part or 0)


def written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
