"""The reference system with faults, one of its own for each test: `python -m tests.gateways.entitlements_peer PORT`.

It shares no code with the adapter. What lies under `/_peer` is for the tests.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.reference_system import Handler, System, serve

Json = dict[str, Any]
Answered = tuple[int, Mapping[str, str], bytes]

_TAKES_S = 0.05
_STRANGER = "whsec_c3RyYW5nZXJzdHJhbmdl"


@dataclass(slots=True)
class Account:
    """A system of one test: `course` is what it does wrong, `log` what it was asked, in order."""

    system: System
    course: str = ""
    calls: int = 0
    log: list[Json] = field(default_factory=list)
    earlier: Answered = (500, {}, b"")


ACCOUNTS: dict[str, Account] = {}


class Peer(Handler):
    def answered(self, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        _, name, what = path.split("/", 2)
        if name == "_peer":
            return 200, {}, json.dumps(told(what, json.loads(body or b"{}"))).encode()
        return answer(ACCOUNTS[name], f"/{what}", headers, body)


def answer(account: Account, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
    said = json.loads(body)
    account.log.append({"path": path, **said})
    if path != "/look-up":
        account.calls += 1
        time.sleep(_TAKES_S)
        if (before := _before(account, said, headers)) is not None:
            return before
    answered = account.system.answer(path, headers, body)
    is_told = path == "/look-up" and account.course != "never_answers"
    return answered if is_told else _afterwards(account, answered)


def _before(account: Account, said: Json, headers: Mapping[str, str]) -> Answered | None:
    """What goes wrong before anything is done."""
    is_first = account.calls == 1
    match account.course:
        case "busy" if is_first:
            return 429, {"retry-after": "1"}, b""
        case "breaks_down" if is_first:
            return 500, {}, b"<html>"
        case "refuses" | "refuses_illegibly":
            why = "closed in May" if account.course == "refuses" else "closed\x00in\u2028May"
            refusal = {"instruction_id": said["instruction_id"], "code": "account_closed", "detail": why}
            text = json.dumps(refusal).encode()
            return 422, account.system.sign(headers["webhook-id"], text), text
        case "refuses_unsigned":
            return 404, {}, b"<html>no such page</html>"
        case "says_done":
            return 200, {}, _yes(said["instruction_id"])
        case "says_done_illegibly":
            text = json.dumps({**json.loads(_yes(said["instruction_id"])), "effects": ["10\x00points"]}).encode()
            return 200, account.system.sign(headers["webhook-id"], text), text
        case "says_done_signed_by_another":
            text = _yes(said["instruction_id"])
            return 200, System([_STRANGER]).sign(headers["webhook-id"], text), text
        case "says_done_of_another":
            text = _yes("rf_another-restore_points-1")
            return 200, account.system.sign(headers["webhook-id"], text), text
        case "says_undone":
            text = json.dumps({"instruction_id": said["instruction_id"], "state": "undone"}).encode()
            return 200, account.system.sign(headers["webhook-id"], text), text
        case "answers_as_before" if not is_first:
            return account.earlier
    return None


def _yes(instruction_id: str) -> bytes:
    return json.dumps({"instruction_id": instruction_id, "state": "done"}).encode()


def _afterwards(account: Account, answered: Answered) -> Answered:
    """What goes wrong when it is done."""
    account.earlier = answered
    if account.course == "never_answers":
        return 500, {}, b"<html>"
    if account.course == "breaks_down_afterwards" and account.calls == 1:
        return 500, {}, b"<html>"
    return answered


def told(what: str, said: Json) -> Json:
    if what == "account":
        ACCOUNTS[said["name"]] = Account(System(said["secrets"]))
        return {}
    account = ACCOUNTS[said["name"]]
    if what == "course":
        account.course, account.calls = said["course"], 0
    if what == "secrets":
        account.system.secrets = said["secrets"]
    about = said.get("kind", ""), said.get("of", ""), said.get("customer_id", "")
    return {"log": account.log, "balance": account.system.balance(*about), "coupons": account.system.coupons()}


if __name__ == "__main__":
    serve(int(sys.argv[1]), Peer)
