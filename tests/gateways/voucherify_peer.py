"""Voucherify as its published client describes it, kept in memory: `python -m tests.gateways.voucherify_peer PORT`.

It shares no code with the adapter. Each test has a project of its own, known by its app id; what lies under `/_peer`
is for the tests. A code can be redeemed once, as coupons of one customer are.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tools.reference_system import Handler, serve

Json = dict[str, Any]
Answered = tuple[int, Mapping[str, str], bytes]

_TAKES_S = 0.05


@dataclass(slots=True)
class Project:
    """`course` is what it does wrong, `log` what it was asked to change, in order."""

    token: str
    redemptions: list[Json] = field(default_factory=list)
    active: dict[str, bool] = field(default_factory=dict)
    course: str = ""
    calls: int = 0
    log: list[str] = field(default_factory=list)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


PROJECTS: dict[str, Project] = {}


class Refused(Exception):
    def __init__(self, status: int, key: str, message: str) -> None:
        super().__init__(message)
        self.status, self.key = status, key


class Peer(Handler):
    def do_GET(self) -> None:  # noqa: N802
        self.do_POST()

    def answered(self, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if path.startswith("/_peer/"):
            return 200, {}, json.dumps(told(path.removeprefix("/_peer/"), json.loads(body or b"{}"))).encode()
        project = PROJECTS.get(headers.get("x-app-id", ""))
        if project is None or headers.get("x-app-token") != project.token:
            return error(401, "unauthorized", "Invalid credentials")
        return answer(project, self.command, path, body)


def answer(project: Project, method: str, path: str, body: bytes) -> Answered:
    url = urlsplit(path)
    if method == "POST":
        project.log.append(url.path)
        project.calls += 1
        time.sleep(_TAKES_S)
        if (before := _before(project)) is not None:
            return before
    try:
        with project.one_at_a_time:
            said = _did(project, method, url.path, parse_qs(url.query), json.loads(body or b"{}"))
    except Refused as refused:
        return error(refused.status, refused.key, str(refused))
    if method == "POST" and project.course == "breaks_down_afterwards" and project.calls == 1:
        return 500, {}, b"<html>"
    return 200, {}, json.dumps(said).encode()


def _before(project: Project) -> Answered | None:
    is_first = project.calls == 1
    match project.course:
        case "busy" if is_first:
            return 429, {"retry-after": "1"}, b""
        case "breaks_down" if is_first:
            return 500, {}, b"<html>"
        case "refuses":
            return error(400, "rollback_period_exceeded", "You can roll back up to 3 months back")
        case "says_failure":
            failed = {"id": "rr_0", "object": "redemption_rollback", "result": "FAILURE", "status": "FAILED"}
            return 200, {}, json.dumps(failed).encode()
        case "says_something_else":
            return 200, {}, b'{"ok": true}'
    return None


def error(status: int, key: str, message: str) -> Answered:
    said = {"code": status, "key": key, "message": message, "details": "", "request_id": "v-1"}
    return status, {}, json.dumps(said).encode()


def _did(project: Project, method: str, path: str, query: dict[str, list[str]], said: Json) -> Json:
    match method, [unquote(part) for part in path.split("/")[1:]]:
        case "GET", ["v1", "redemptions"]:
            return _listed(project, query)
        case "POST", ["v1", "redemptions"]:
            return _redeemed(project, said)
        case "POST", ["v1", "redemptions", id_, "rollback"]:
            return _rolled_back(project, _found(project, id_), said)
        case "POST", ["v1", "redemptions", id_, "rollbacks"]:
            children = [each for each in project.redemptions if each.get("redemption") == id_]
            children = [each for each in children if each["object"] == "redemption"]
            return {"rollbacks": [_rolled_back(project, each, said, by_parent=True) for each in children]}
        case "GET", ["v1", "vouchers", code]:
            return {"code": code, "active": _known(project, code), "object": "voucher"}
        case "POST", ["v1", "vouchers", code, ("enable" | "disable") as how]:
            _known(project, code)
            project.active[code] = how == "enable"
            return {"code": code, "active": project.active[code], "object": "voucher"}
    raise Refused(404, "not_found", f"{method} {path}")


def _known(project: Project, code: str) -> bool:
    if code not in project.active:
        raise Refused(404, "not_found", f"Cannot find voucher with id {code}")
    return project.active[code]


def _listed(project: Project, query: dict[str, list[str]]) -> Json:
    found = list(reversed(project.redemptions))
    customer = query.get("customer", [None])[0]
    code = query.get("filters[voucher_code][conditions][$is][0]", [None])[0]
    parent = query.get("filters[parent_redemption_id][conditions][$is][0]", [None])[0]
    found = [each for each in found if customer in (None, each["customer"]["source_id"])]
    found = [each for each in found if code in (None, each["voucher"]["code"])]
    found = [each for each in found if parent in (None, each.get("redemption"))]
    size, page = int(query.get("limit", ["10"])[0]), int(query.get("page", ["1"])[0])
    part = found[(page - 1) * size : page * size]
    return {"object": "list", "data_ref": "redemptions", "redemptions": part, "total": len(found)}


def _redeemed(project: Project, said: Json) -> Json:
    (redeemable,) = said["redeemables"]
    code = redeemable["id"]
    if not _known(project, code):
        raise Refused(400, "voucher_disabled", "voucher is disabled")
    if any(_stands(each) and each["voucher"]["code"] == code for each in project.redemptions):
        raise Refused(400, "quantity_exceeded", "quantity exceeded")
    order = said["order"]
    source = next((each["order"] for each in project.redemptions if each["order"]["id"] == order.get("id")), order)
    made = _made(project, code, source["source_id"], said["customer"]["source_id"], said.get("metadata"))
    return {"redemptions": [made], "order": made["order"]}


def _made(project: Project, code: str, order: str, customer: str, metadata: Json | None = None) -> Json:
    made = {
        "id": f"r_{len(project.redemptions)}",
        "object": "redemption",
        "result": "SUCCESS",
        "status": "SUCCEEDED",
        "customer_id": f"cust_{customer}",
        "customer": {"source_id": customer},
        "order": {"id": f"ord_{order}", "source_id": order, "object": "order"},
        "voucher": {"code": code, "object": "voucher"},
        "related_object_type": "voucher",
        "metadata": metadata or {},
    }
    project.redemptions.append(made)
    return made


def _rolled_back(project: Project, redemption: Json, said: Json, *, by_parent: bool = False) -> Json:
    if redemption.get("redemption") and not by_parent:
        raise Refused(400, "invalid_payload", "a child of a stacked redemption is rolled back by its parent")
    if not _stands(redemption):
        raise Refused(400, "already_rolled_back", "redemption is already rolled back")
    redemption["status"] = "ROLLED_BACK"
    rollback = {**redemption, "id": f"rr_{len(project.redemptions)}", "object": "redemption_rollback"}
    rollback |= {"status": "SUCCEEDED", "redemption": redemption["id"], "reason": said.get("reason")}
    project.redemptions.append(rollback)
    return rollback


def _stands(each: Json) -> bool:
    return bool(each["object"] == "redemption" and each["result"] == "SUCCESS" and each["status"] == "SUCCEEDED")


def _found(project: Project, id_: str) -> Json:
    for each in project.redemptions:
        if each["id"] == id_ and each["object"] == "redemption":
            return each
    raise Refused(404, "not_found", f"Cannot find redemption with id {id_}")


def told(what: str, said: Json) -> Json:
    if what == "project":
        PROJECTS[said["app_id"]] = Project(said["token"])
        return {}
    project = PROJECTS[said["app_id"]]
    if what == "course":
        project.course, project.calls = said["course"], 0
    if what == "token":
        project.token = said["token"]
    if what == "redeemed":
        for code in said["codes"]:
            project.active[code] = True
            made = _made(project, code, said["order_id"], said["customer_id"])
            if len(said["codes"]) > 1:
                made["redemption"] = f"parent_of_{said['order_id']}"
    if what == "granted":
        project.active[said["code"]] = True
    standing = [each["voucher"]["code"] for each in project.redemptions if _stands(each)]
    rollbacks = [each["voucher"]["code"] for each in project.redemptions if each["object"] == "redemption_rollback"]
    return {"log": project.log, "standing": standing, "rollbacks": rollbacks, "active": project.active}


if __name__ == "__main__":
    serve(int(sys.argv[1]), Peer)
