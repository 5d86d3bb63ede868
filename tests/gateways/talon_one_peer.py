"""Talon.One as its published client describes it, kept in memory: `python -m tests.gateways.talon_one_peer PORT`.

It shares no code with the adapter. Each test has a deployment of its own, the first part of the path; what lies under
`/_peer` is for the tests. Each unit of every cart item had a discount of 5, and earned 10 points.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from tools.reference_system import Handler, serve

Json = dict[str, Any]
Answered = tuple[int, Mapping[str, str], bytes]

_TAKES_S = 0.05
_WHEN = "2026-11-30T09:00:00Z"
_DISCOUNT, _POINTS = 5, 10


@dataclass(slots=True)
class Deployment:
    """`course` is what it does wrong, `log` each return that was asked for, in order."""

    key: str
    sessions: dict[str, Json] = field(default_factory=dict)
    returns: list[Json] = field(default_factory=list)
    course: str = ""
    calls: int = 0
    log: list[Json] = field(default_factory=list)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


DEPLOYMENTS: dict[str, Deployment] = {}


class Refused(Exception):
    def __init__(self, title: str, details: str, pointer: str) -> None:
        super().__init__(title)
        self.title, self.details, self.pointer = title, details, pointer


class Peer(Handler):
    def do_GET(self) -> None:  # noqa: N802
        self.do_POST()

    def answered(self, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        first, _, rest = path.removeprefix("/").partition("/")
        if first == "_peer":
            return 200, {}, json.dumps(told(rest, json.loads(body or b"{}"))).encode()
        deployment = DEPLOYMENTS[first]
        if headers.get("authorization") != f"ApiKey-v1 {deployment.key}":
            said = {"message": "Unauthorized", "StatusCode": 401}
            return 401, {}, json.dumps(said).encode()
        return answer(deployment, self.command, f"/{rest}", body)


def answer(deployment: Deployment, method: str, path: str, body: bytes) -> Answered:
    if method == "POST":
        deployment.log.append(json.loads(body))
        deployment.calls += 1
        time.sleep(_TAKES_S)
        if (before := _before(deployment)) is not None:
            return before
    try:
        with deployment.one_at_a_time:
            said = _did(deployment, method, urlsplit(path).path, json.loads(body or b"{}"))
    except Refused as refused:
        return error(refused)
    if method == "POST" and deployment.course == "breaks_down_afterwards" and deployment.calls == 1:
        return 500, {}, b"<html>"
    if method == "POST" and deployment.course == "answers_another_return":
        said["return"]["returnedCartItems"] = [{"position": 7, "quantity": 1}]
    return 200, {}, json.dumps(said).encode()


def _before(deployment: Deployment) -> Answered | None:
    is_first = deployment.calls == 1
    match deployment.course:
        case "busy" if is_first:
            return 429, {"retry-after": "1"}, b""
        case "breaks_down" if is_first:
            return 500, {}, b"<html>"
        case "times_out":
            return 504, {}, b"<html>"
        case "conflicts" if is_first:
            return 409, {}, json.dumps({"message": "Conflict", "StatusCode": 409}).encode()
        case "refuses":
            return error(Refused("Return refused", "the Application takes no returns", "/return"))
        case "does_nothing":
            session = next(iter(deployment.sessions.values()))
            items = deployment.log[-1]["return"]["returnedCartItems"]
            return 200, {}, json.dumps(_state(session, _return(deployment, session, items), [])).encode()
        case "says_something_else":
            return 200, {}, b'{"ok": true}'
    return None


def error(refused: Refused) -> Answered:
    problem = {"title": refused.title, "details": refused.details, "source": {"pointer": refused.pointer}}
    said = {"message": "Request refused", "errors": [problem]}
    return 400, {}, json.dumps(said).encode()


def _did(deployment: Deployment, method: str, path: str, said: Json) -> Json:
    match method, [unquote(part) for part in path.split("/")[1:]]:
        case "GET", ["v2", "customer_sessions", id_]:
            return {"customerSession": _found(deployment, id_), "effects": []}
        case "POST", ["v2", "customer_sessions", id_, "returns"]:
            return _returned(deployment, _found(deployment, id_), said)
    raise Refused("Not found", f"{method} {path}", "")


def _found(deployment: Deployment, id_: str) -> Json:
    if id_ not in deployment.sessions:
        raise Refused("Session not found", f"no customer session has integration ID {id_}", "")
    return deployment.sessions[id_]


def _returned(deployment: Deployment, session: Json, said: Json) -> Json:
    if session["state"] not in ("closed", "partially_returned"):
        raise Refused("Invalid state", f"the session is {session['state']}", "/state")
    items = said["return"]["returnedCartItems"]
    in_cart = {each["position"]: each for each in session["cartItems"]}
    for at, each in enumerate(items):
        item = in_cart.get(each["position"])
        if item is None or not 0 < each["quantity"] <= item["remainingQuantity"]:
            raise Refused("Invalid return", "more than remains of it", f"/return/returnedCartItems/{at}")
    for each in items:
        in_cart[each["position"]]["returnedQuantity"] += each["quantity"]
        in_cart[each["position"]]["remainingQuantity"] -= each["quantity"]
    session["state"] = "partially_returned"
    made = _return(deployment, session, items)
    deployment.returns.append(made)
    return _state(session, made, [effect for each in items for effect in _rolled_back(session, each)])


def _return(deployment: Deployment, session: Json, items: list[Json]) -> Json:
    number = len(deployment.returns) + 1
    return {
        "id": number,
        "created": _WHEN,
        "applicationId": 1,
        "accountId": 1,
        "returnedCartItems": items,
        "eventId": 100 + number,
        "sessionId": session["id"],
        "sessionIntegrationId": session["integrationId"],
        "profileIntegrationId": session["profileId"],
    }


def _state(session: Json, made: Json, effects: list[Json]) -> Json:
    empty: Json = {"createdCoupons": [], "createdReferrals": []}
    return {"customerSession": session, "effects": effects, "return": made, **empty}


def _rolled_back(session: Json, item: Json) -> list[Json]:
    position, count = item["position"], item["quantity"]
    discount = {"name": "5forALL", "value": _DISCOUNT * count, "cartItemPosition": position, "scope": "itemTotal"}
    points = {
        "programId": 3,
        "subLedgerId": "",
        "value": _POINTS * count,
        "recipientIntegrationId": session["profileId"],
        "transactionUUID": "3f2c1b0d-9e3a-47f6-8f2c-1b0d9e3a47f6",
        "cartItemPosition": position,
    }
    of_rule = {"campaignId": 1, "rulesetId": 2, "ruleIndex": 0, "ruleName": "Five off each"}
    return [
        {**of_rule, "effectType": "rollbackDiscount", "props": discount},
        {**of_rule, "effectType": "rollbackAddedLoyaltyPoints", "props": points},
    ]


def _session(said: Json, number: int) -> Json:
    items = [
        {"name": each["sku"], "price": 20, "returnedQuantity": 0, "remainingQuantity": each["quantity"], **each}
        for each in said["cart_items"]
    ]
    total = sum(20 * each["quantity"] for each in items)
    return {
        "id": number,
        "created": _WHEN,
        "integrationId": said["order_id"],
        "applicationId": 1,
        "profileId": "李雷",
        "state": said["state"],
        "cartItems": items,
        "firstSession": True,
        "updateCount": 1,
        "total": total,
        "cartItemTotal": total,
        "additionalCostTotal": 0,
        "updated": _WHEN,
    }


def told(what: str, said: Json) -> Json:
    name = said["name"]
    if what == "deployment":
        DEPLOYMENTS[name] = Deployment(said["key"])
    deployment = DEPLOYMENTS[name]
    if what == "course":
        deployment.course, deployment.calls = said["course"], 0
    if what == "key":
        deployment.key = said["key"]
    if what == "session":
        deployment.sessions[said["order_id"]] = _session(said, len(deployment.sessions) + 1)
    if what == "state":
        deployment.sessions[said["order_id"]]["state"] = said["state"]
    if what == "returned_by_hand":
        _returned(deployment, _found(deployment, said["order_id"]), {"return": {"returnedCartItems": said["items"]}})
    returned = {
        id_: {str(each["position"]): each["returnedQuantity"] for each in session["cartItems"]}
        for id_, session in deployment.sessions.items()
    }
    return {"log": deployment.log, "returned": returned}


if __name__ == "__main__":
    serve(int(sys.argv[1]), Peer)
