"""A merchant's own system as a reference: points kept by the contract of docs/entitlements.openapi.json.

    ENTITLEMENT_SECRETS="whsec_… whsec_…" python -m tools.reference_system PORT [BOOKS.sqlite]

It needs Python alone and shares no code with makewhole: copy it, and book where `_book` does.
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]

PATHS = {"/do": "do", "/undo": "undo", "/look-up": "look_up"}
MOST_BYTES = 1_000_000
SIGNED_WITHIN_S = 300

_TABLES = """
create table if not exists instructions (
    instruction_id text primary key, said text not null, state text not null, reference text not null
);
create table if not exists balances (
    kind text, name text, customer_id text, value integer not null, primary key (kind, name, customer_id)
);
create table if not exists coupons (coupon_id text primary key, status text not null, amount integer);
"""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    said: Json
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A definite no."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class System:
    """Does each instruction once, in one transaction with the note that it is done."""

    def __init__(self, secrets: list[str], books: str = ":memory:") -> None:
        self.secrets = secrets
        self._books = sqlite3.connect(books, check_same_thread=False, isolation_level=None)
        self._books.executescript(_TABLES)
        self._one_at_a_time = threading.Lock()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one request: who has not signed it is told nothing."""
        if not self.has_signed(headers, body):
            return 401, {}, b'{"code": "bad_signature"}'
        reply = self.reply(path, json.loads(body))
        answered = json.dumps(reply.said).encode()
        return reply.status, {**self.sign(headers["webhook-id"], answered), **reply.headers}, answered

    def reply(self, path: str, said: Json) -> Reply:
        instruction_id = said["instruction_id"]
        try:
            if said["action"] != PATHS.get(path):
                raise Refused(400, "wrong_path", f"{said['action']} was sent to {path}")
            with self._one_at_a_time:
                state, reference = self._done(said["action"], instruction_id, said)
        except Refused as refused:
            return Reply(
                refused.status, {"instruction_id": instruction_id, "code": refused.code, "detail": str(refused)}
            )
        return Reply(200, {"instruction_id": instruction_id, "state": state, "reference": reference})

    def balance(self, kind: str, name: str, customer_id: str) -> int:
        """What moved of a kind: `points` have no name, `spend` and each kind of reward that of their campaign."""
        query = "select value from balances where (kind, name, customer_id) = (?, ?, ?)"
        row = self._books.execute(query, (kind, name, customer_id)).fetchone()
        return int(row[0]) if row else 0

    def coupons(self) -> dict[str, str]:
        return dict(self._books.execute("select coupon_id, status from coupons"))

    def _done(self, action: str, instruction_id: str, said: Json) -> tuple[str, str]:
        told = {name: value for name, value in said.items() if name != "action"}
        text = json.dumps(told, sort_keys=True)
        query = "select said, state, reference from instructions where instruction_id = ?"
        known = self._books.execute(query, (instruction_id,)).fetchone()
        if known is not None and known[0] != text:
            raise Refused(409, "another_instruction", "something else came under this id before")
        state, reference = (known[1], known[2]) if known else ("unknown", "")
        if action == "look_up" or (action, state) in (("do", "done"), ("undo", "undone")):
            return state, reference
        if (action, state) == ("do", "undone"):
            raise Refused(409, "undone", "an undo of it came before")
        reference = reference or f"{said['effect']['kind']}-{hashlib.sha256(instruction_id.encode()).hexdigest()[:12]}"
        becomes = "done" if action == "do" else "undone"
        self._books.execute("begin immediate")
        try:
            if action == "do":
                self._book(said, 1)
            elif state == "done":
                self._book(said, -1)
            row = (instruction_id, text, becomes, reference)
            self._books.execute("insert or replace into instructions values (?, ?, ?, ?)", row)
        except BaseException:
            self._books.execute("rollback")
            raise
        self._books.execute("commit")
        return becomes, reference

    def _book(self, said: Json, sign: int) -> None:
        """Move what the instruction says, or with -1 the other way; raise Refused for what can't be."""
        book = {"points": self._points, "coupons": self._coupons, "campaigns": self._campaigns}
        book |= {"gift_cards": self._gift_cards, "stock": self._stock, "promotions": self._promotions}
        kind = said["effect"]["kind"]
        if kind not in book:
            raise Refused(422, "unknown_kind", f"no {kind} live here")
        book[kind](said, sign)

    def _points(self, said: Json, sign: int) -> None:
        self._add("points", "", said, sign * (said["effect"]["restored"] - said["effect"]["taken"]))

    def _coupons(self, said: Json, sign: int) -> None:
        """A residual is a new coupon, whose name follows from the instruction: undone, it is revoked."""
        for each in said["effect"]["coupons"]:
            coupon_id, done, undone = each["coupon_id"], "unused", "used"
            if each["outcome"] == "residual":
                coupon_id, undone = f"{coupon_id}/{said['instruction_id']}", "revoked"
            if each["outcome"] == "revoked":
                done, undone = "revoked", "unused"
            row = (coupon_id, done if sign > 0 else undone, each["amount"])
            self._books.execute("insert or replace into coupons values (?, ?, ?)", row)

    def _campaigns(self, said: Json, sign: int) -> None:
        for each in said["effect"]["campaigns"]:
            self._add("spend", each["campaign_id"], said, sign * (each["spend_after"] - each["spend_before"]))
        for each in said["effect"]["rewards"]:
            self._add(each["reward"], each["campaign_id"], said, -sign * each["taken"])

    def _gift_cards(self, said: Json, sign: int) -> None:
        self._add("gift_card", said["effect"]["card"], said, sign * said["effect"]["amount"])

    def _stock(self, said: Json, sign: int) -> None:
        """In thousandths, as some goods are measured; of what is discarded it is counted how much."""
        for each in said["effect"]["lots"]:
            place = "/".join((each["sku"], each["disposition"], each["location"] or ""))
            self._add("stock", place, {"customer_id": ""}, sign * int(Decimal(each["quantity"]) * 1000))

    def _promotions(self, said: Json, sign: int) -> None:
        """In thousandths as well; who works promotions out does it here, of the units that are kept."""
        for each in said["effect"]["lines"]:
            name = "/".join((said["order_id"], each["line_id"]))
            self._add("back", name, {"customer_id": ""}, sign * int(Decimal(each["quantity"]) * 1000))

    def _add(self, kind: str, name: str, said: Json, moved: int) -> None:
        query = "insert into balances values (?, ?, ?, ?) on conflict do update set value = value + excluded.value"
        self._books.execute(query, (kind, name, said["customer_id"], moved))

    def has_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether any of the secrets has signed a request, as Standard Webhooks says, within five minutes."""
        timestamp = headers.get("webhook-timestamp", "")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > SIGNED_WITHIN_S:  # noqa: TID251
            return False
        expected = [_signature(each, headers.get("webhook-id", ""), timestamp, body) for each in self.secrets]
        given = headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(one, other) for one in expected for other in given)

    def sign(self, request_id: str, body: bytes) -> dict[str, str]:
        """Sign an answer under the id of its request."""
        now = str(int(time.time()))  # noqa: TID251
        signature = " ".join(_signature(each, request_id, now, body) for each in self.secrets)
        return {"webhook-id": request_id, "webhook-timestamp": now, "webhook-signature": signature}


def _signature(secret: str, request_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{request_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


class Handler(BaseHTTPRequestHandler):
    """Reads one request after the other of a connection, and has it answered by `answered`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MOST_BYTES))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more, said = self.answered(self.path, headers, body)
        self.send_response(status)
        for name, value in {"content-type": "application/json", **more, "content-length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def answered(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        """Say nothing: a request has a customer in it."""


def serve(port: int, handler: type[Handler]) -> None:
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 100
    ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()


def main(arguments: list[str]) -> int:
    system = System(os.environ["ENTITLEMENT_SECRETS"].split(), *arguments[1:2])

    class Answers(Handler):
        def answered(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
            return system.answer(path, headers, body)

    serve(int(arguments[0]), Answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
