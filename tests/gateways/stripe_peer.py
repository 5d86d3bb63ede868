"""Stripe as its API reference describes it, as a program: `python -m tests.gateways.stripe_peer PORT`.

It keeps state, knows refunds that no emulator can be told to make (pending, reversed, busy, broken), and shares no
code with the adapter. Each API key is an account of its own. What lies under `/_peer` is for the tests.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

Json = dict[str, Any]

SUCCEEDED, PENDING, FAILED = "succeeded", "pending", "failed"

_BECOMES = {
    "SUCCEEDS_LATER": SUCCEEDED,
    "FAILS_LATER": FAILED,
    "IS_DISPUTED_MEANWHILE": FAILED,
    "IS_REVERSED": FAILED,
    "IS_SHORT": SUCCEEDED,
}
_PENDING_FOR = {
    "SUCCEEDS_LATER": "processing",
    "FAILS_LATER": "processing",
    "IS_DISPUTED_MEANWHILE": "processing",
    "IS_SHORT": "insufficient_funds",
}
_FAILS_FOR = {"IS_DISPUTED_MEANWHILE": "charge_for_pending_refund_disputed"}
_PARAMETERS = {"amount", "charge", "expand", "metadata", "payment_intent", "reason"}
_TAKES_S = 0.02


class Answer(Exception):
    """Ends a request with something else than what was asked for."""

    def __init__(self, status: int, error: Json, **headers: str) -> None:
        super().__init__(error)
        self.status, self.body, self.headers = status, {"error": error}, headers


@dataclass(slots=True)
class Charge:
    charge_id: str
    intent_id: str | None
    amount: int
    currency: str
    course: str
    calls: int = 0


@dataclass(slots=True)
class Account:
    """What one API key has: `answers` are remembered by idempotency key with what was asked, None while it is done."""

    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: list[Json] = field(default_factory=list)
    movements: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    untold: list[Json] = field(default_factory=list)
    answers: dict[str, tuple[Json, tuple[int, Json] | None]] = field(default_factory=dict)
    endpoint: tuple[str, str] = ("", "")
    numbers: int = 0

    def number(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}_{self.numbers:014d}{id(self) % 10_000:04d}"

    def charge(self, form: Json) -> Charge:
        name = form.get("charge") or form.get("payment_intent")
        if not name:
            raise Answer(400, {"type": "invalid_request_error", "code": "parameter_missing", "message": "charge?"})
        for each in self.charges.values():
            if name in (each.charge_id, each.intent_id):
                return each
        message = f"No such charge: '{name}'"
        raise Answer(404, {"type": "invalid_request_error", "code": "resource_missing", "message": message})

    def moves(self, kind: str, refund_: Json) -> None:
        """The balance moves: a balance transaction, whose source is the refund itself."""
        amount = -refund_["amount"] if kind == "refund" else refund_["amount"]
        moved = {"id": self.number("txn"), "object": "balance_transaction", "type": kind, "amount": amount}
        of_now = {"created": int(time.time()), "status": "available"}  # noqa: TID251
        self.movements.append({**moved, **of_now, "currency": refund_["currency"], "source": refund_})

    def left(self, charge: Charge) -> int:
        paid = (each for each in self.refunds if each["charge"] == charge.charge_id and each["status"] != FAILED)
        return charge.amount - sum(int(each["amount"]) for each in paid)


ACCOUNTS: dict[str, Account] = {}


async def refund(account: Account, form: Json, key: str) -> tuple[int, Json]:
    """POST /v1/refunds, under its idempotency key: what executed is answered again, 500s as well."""
    known = account.answers.get(key) if key else None
    if known is not None:
        asked, answered = known
        if asked != form:
            raise Answer(400, {"type": "idempotency_error", "message": "same key, other parameters"})
        if answered is None:
            raise Answer(409, {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "under way"})
        return answered
    if unknown := form.keys() - _PARAMETERS:
        error = {"type": "invalid_request_error", "code": "parameter_unknown", "message": f"unknown: {unknown}"}
        raise Answer(400, error)
    charge = account.charge(form)
    _at_the_door(charge)
    if key:
        account.answers[key] = (form, None)
    await asyncio.sleep(_TAKES_S)
    try:
        answer = 200, _made(account, charge, form)
        if charge.course == "BREAKS_DOWN":
            answer = 500, {"error": {"type": "api_error", "message": "broke down after it was done"}}
    except Answer as refused:
        answer = refused.status, refused.body
    if key:
        account.answers[key] = (form, answer)
    return answer


def _at_the_door(charge: Charge) -> None:
    charge.calls += 1
    if charge.calls == 1 and charge.course == "IS_BUSY":
        error = {"type": "invalid_request_error", "code": "rate_limit", "message": "too many requests"}
        raise Answer(429, error, **{"retry-after": "1"})
    if charge.calls == 1 and charge.course == "BREAKS_DOWN":
        raise Answer(500, {"type": "api_error", "message": "broke down before it was done"})


def _made(account: Account, charge: Charge, form: Json) -> Json:
    if charge.course == "DECLINES":
        message = "Charge has been charged back"
        raise Answer(400, {"type": "invalid_request_error", "code": "charge_disputed", "message": message})
    left = account.left(charge)
    amount = int(form.get("amount", left))
    if not left:
        message = f"Charge {charge.charge_id} has already been refunded."
        raise Answer(400, {"type": "invalid_request_error", "code": "charge_already_refunded", "message": message})
    if amount > left or amount < 1:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Answer(400, {"type": "invalid_request_error", "param": "amount", "message": message})
    is_pending = charge.course in _PENDING_FOR
    made: Json = {
        "id": account.number("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None if is_pending else account.number("txn"),
        "charge": charge.charge_id,
        "created": int(time.time()),  # noqa: TID251
        "currency": charge.currency,
        "metadata": form.get("metadata", {}),
        "payment_intent": charge.intent_id,
        "reason": form.get("reason"),
        "receipt_number": None,
        "status": PENDING if is_pending else SUCCEEDED,
    }
    if is_pending:
        made["pending_reason"] = _PENDING_FOR[charge.course]
    else:
        made["destination_details"] = {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"}
    account.refunds.append(made)
    if not is_pending:
        account.moves("refund", made)
    _happened(account, "refund.created", made)
    return made


def _happened(account: Account, kind: str, refund_: Json) -> None:
    event = {
        "id": account.number("evt"),
        "object": "event",
        "api_version": None,
        "created": int(time.time()),  # noqa: TID251
        "data": {"object": dict(refund_)},
        "livemode": False,
        "type": kind,
    }
    account.events.append(event)
    account.untold.append(event)


async def turn(account: Account, form: Json) -> Json:
    """What was pending, or paid, becomes what its charge says; then all is told, the newest first, each twice."""
    charge = account.charges[form["charge"]]
    for each in account.refunds:
        if each["charge"] == charge.charge_id and charge.course in _BECOMES and each["status"] != FAILED:
            if _BECOMES[charge.course] == SUCCEEDED:
                account.moves("refund", each)
            elif each["status"] == SUCCEEDED:
                account.moves("refund_failure", each)
            each["status"] = _BECOMES[charge.course]
            each.pop("pending_reason", None)
            if each["status"] == FAILED:
                each["failure_reason"] = _FAILS_FOR.get(charge.course, "expired_or_canceled_card")
            else:
                each["destination_details"] = {"card": _traced(account), "type": "card"}
            _happened(account, "refund.failed" if each["status"] == FAILED else "refund.updated", each)
    told, account.untold = account.untold[::-1], []
    for event in told:
        for _ in range(2):
            await _post(account, json.dumps(event).encode())
    return {}


async def dispute(account: Account, form: Json) -> Json:
    """The bank disputes a charge, or warns of fraud: what it says is told at once, twice."""
    charge = account.charge({"charge": form["charge"]})
    is_warning = form["type"] == "radar.early_fraud_warning.created"
    told: Json = {
        "id": form["id"],
        "object": "radar.early_fraud_warning" if is_warning else "dispute",
        "charge": charge.charge_id,
        "payment_intent": charge.intent_id,
        "created": int(time.time()),  # noqa: TID251
        "livemode": False,
    }
    if is_warning:
        told |= {"actionable": True, "fraud_type": "made_with_stolen_card"}
    else:
        told |= {"amount": int(form.get("amount", charge.amount)), "currency": form.get("currency", charge.currency)}
        told |= {"reason": "fraudulent", "status": form["status"], "metadata": {}, "is_charge_refundable": False}
    _happened(account, form["type"], told)
    event = account.untold.pop()
    for _ in range(2):
        await _post(account, json.dumps(event).encode())
    return event


def _traced(account: Account) -> Json:
    """A card refund whose number the network has told."""
    known = {"reference_status": "available", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"reference": account.number("7454"), **known}


async def _post(account: Account, body: bytes) -> None:
    url, secret = account.endpoint
    if not url:
        return
    moment = str(int(time.time()))  # noqa: TID251
    made = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = [
        f"POST {address.path or '/'} HTTP/1.1",
        f"host: {address.netloc}",
        "content-type: application/json; charset=utf-8",
        f"content-length: {len(body)}",
        f"stripe-signature: t={moment},v1={made}",
        "connection: close",
    ]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


def _page(found: list[Json], query: Json, url: str) -> Json:
    """A list, newest first, by cursor."""
    limit, after = int(query.get("limit", 10)), query.get("starting_after")
    begin = next((place + 1 for place, each in enumerate(found) if each["id"] == after), 0)
    part = found[begin : begin + limit]
    return {"object": "list", "url": url, "data": part, "has_more": begin + limit < len(found)}


async def answer(method: str, path: str, query: Json, form: Json, headers: Mapping[str, str]) -> tuple[int, Json]:
    token = headers.get("authorization", "").removeprefix("Bearer ")
    if not token.startswith("sk_"):
        raise Answer(401, {"type": "invalid_request_error", "message": "You did not provide an API key."})
    account = ACCOUNTS.setdefault(token, Account())
    since = int(query.get("created", {}).get("gte", 0))
    match method, [unquote_plus(part) for part in path.strip("/").split("/")]:
        case "POST", ["v1", "refunds"]:
            return await refund(account, form, headers.get("idempotency-key", ""))
        case "GET", ["v1", "refunds"]:
            found = [each for each in reversed(account.refunds) if each["created"] >= since]
            if query.get("charge") or query.get("payment_intent"):
                charge = account.charge(query)
                found = [each for each in found if each["charge"] == charge.charge_id]
            return 200, _page(found, query, "/v1/refunds")
        case "GET", ["v1", "refunds", refund_id]:
            return 200, next(each for each in account.refunds if each["id"] == refund_id)
        case "GET", ["v1", "charges" | "payment_intents" as kind, name]:
            charge = account.charge({"charge": name})
            return 200, {"id": name, "object": kind[:-1], "currency": charge.currency, "amount": charge.amount}
        case "GET", ["v1", "balance_transactions"]:
            wanted, until = query.get("type"), int(query.get("created", {}).get("lt", sys.maxsize))
            found = [each for each in reversed(account.movements) if since <= each["created"] < until]
            found = [each for each in found if wanted in (None, each["type"])]
            if "data.source" not in query.get("expand", {}).values():
                found = [{**each, "source": each["source"]["id"]} for each in found]
            return 200, _page(found, query, "/v1/balance_transactions")
        case "GET", ["v1", "events"]:
            kinds = query.get("types", {}).values()
            found = [each for each in reversed(account.events) if each["created"] >= since and each["type"] in kinds]
            return 200, _page(found, query, "/v1/events")
        case "POST", ["_peer", "charges"]:
            charge_id = form.get("id") or account.number("ch")
            intent_id = account.number("pi") if form.get("intent") else None
            account.charges[charge_id] = Charge(
                charge_id, intent_id, int(form["amount"]), form["currency"], form["course"]
            )
            return 200, {"charge": charge_id, "intent": intent_id}
        case "POST", ["_peer", "dispute"]:
            return 200, await dispute(account, form)
        case "POST", ["_peer", "refunds"]:
            return 200, _made(account, account.charge(form), form)
        case "POST", ["_peer", "turn"]:
            return 200, await turn(account, form)
        case "POST", ["_peer", "age"]:
            for each in (*account.refunds, *account.events, *account.movements):
                each["created"] -= int(form["seconds"])
            return 200, {}
        case "POST", ["_peer", "forget"]:
            account.answers.clear()
            return 200, {}
        case "POST", ["_peer", "endpoint"]:
            account.endpoint = (form["url"], form["secret"])
            return 200, {}
        case "GET", ["_peer", "refunds"]:
            return 200, {"data": account.refunds}
    raise Answer(404, {"type": "invalid_request_error", "message": f"Unrecognized request URL ({method}: {path})."})


def nested(text: str) -> Json:
    """Read `a[b]=c` as Stripe's forms have it."""
    found: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if inner:
            found.setdefault(outer, {})[inner.removesuffix("]")] = value
        else:
            found[name] = value
    return found


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.1, one request after the other."""
    try:
        while True:
            await _serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
    path, _, query = target.partition("?")
    more: dict[str, str] = {}
    try:
        status, said = await answer(method, path, nested(query), nested(body), headers)
    except Answer as other:
        status, said, more = other.status, other.body, other.headers
    text = json.dumps(said).encode()
    lines = [
        f"HTTP/1.1 {status} -",
        "content-type: application/json",
        f"content-length: {len(text)}",
        "request-id: req_1",
    ]
    lines += [f"{name}: {value}" for name, value in more.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + text)
    await writer.drain()


async def main(port: int) -> None:
    async with await asyncio.start_server(serve_one, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
