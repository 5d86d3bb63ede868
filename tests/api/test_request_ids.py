"""Every answer names its request, and so do the log and the audit trail."""

import json
import re
import secrets
from functools import partial
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from temporalio.client import WorkflowUpdateFailedError

from api import problems
from api.request_ids import RequestIds
from db.api_keys import Role
from domain.rights.review import Decision
from tests.shop import IN_TIME_S, Shop, a_line
from tests.tools.stack.helpers import eventually
from tools.stack.stack import Stack
from workflows.contract import ReviewInput

MADE = re.compile("req_[0-9a-f]{20}")


async def test_every_answer_has_a_request_id_of_the_callers_or_of_ours(shop: Shop) -> None:
    asked = [("GET", "/v1/orders/none"), ("GET", "/healthz"), ("GET", "/nowhere"), ("PUT", "/v1/policy")]
    for method, path in asked:
        ours = await shop.raw(Role.MERCHANT, method, path, json={})
        theirs = await shop.raw(Role.MERCHANT, method, path, json={}, headers={"Request-Id": "shop-7/abc.1"})

        assert MADE.fullmatch(ours.headers["Request-Id"])
        assert theirs.headers["Request-Id"] == "shop-7/abc.1"


@pytest.mark.parametrize("odd", ["", "a b", "x" * 129, "退款".encode(), "a\tb", "a;b"])
async def test_an_id_that_is_not_well_formed_is_not_repeated(shop: Shop, odd: str | bytes) -> None:
    answer = await shop.raw(Role.MERCHANT, "GET", "/v1/orders/none", headers={"Request-Id": odd})

    assert MADE.fullmatch(answer.headers["Request-Id"])


async def test_what_never_reached_a_route_has_one_too(shop: Shop) -> None:
    large = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", content=b"x" * 5_000_000)
    broken = await shop.raw(
        Role.MERCHANT, "PUT", "/v1/orders/o1", content=b"\xff", headers={"Content-Type": "application/json"}
    )

    assert large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert all(MADE.fullmatch(answer.headers["Request-Id"]) for answer in (large, broken))


async def test_the_log_names_the_request_that_was_refused(shop: Shop, stack: Stack) -> None:
    await shop.raw(Role.MERCHANT, "GET", "/v1/orders/none", headers={"Request-Id": "to-be-found"})

    log = stack.home.logs / "api.log"
    asked = partial(_said, log, "to-be-found")
    eventually(lambda: "'GET /v1/orders/none': 404" in asked())


async def test_the_log_says_which_key_was_refused_and_no_key(shop: Shop, stack: Stack) -> None:
    strangers, lost = "sk_live_4eC39HqLyjWDarjtT1zdp7dc", f"mk_ops_{secrets.token_urlsafe(24)}"
    asked = {"none": {}, "strangers": {"X-API-Key": strangers}, "lost": {"X-API-Key": lost}}
    for name, headers in asked.items():
        await shop.http.get("/v1/refunds", headers={**headers, "Request-Id": f"{shop.merchant_id}-{name}"})
        await shop.http.post("/codec/decode", headers={**headers, "Request-Id": f"{shop.merchant_id}-codec-{name}"})
    await shop.raw(Role.WAREHOUSE, "GET", "/v1/policy", headers={"Request-Id": f"{shop.merchant_id}-forbidden"})

    log = stack.home.logs / "api.log"
    for name, line in {
        "none": "refused: it came without a key",
        "strangers": "refused: nobody has its key, or it has ended; it begins with nothing of ours",
        "lost": f"refused: nobody has its key, or it has ended; it begins with {lost[:13]}",
    }.items():
        eventually(partial(_tells, log, f"{shop.merchant_id}-{name}", line))
        eventually(partial(_tells, log, f"{shop.merchant_id}-codec-{name}", line))
    eventually(lambda: _said(log, f"{shop.merchant_id}-forbidden"))
    forbidden = _said(log, f"{shop.merchant_id}-forbidden")
    assert re.fullmatch(f"refused: key key_[0-9a-z]+ of {shop.merchant_id} is for warehouse", forbidden[0])
    assert not [key for key in (strangers, lost) if key[:16] in log.read_text(encoding="utf-8")]


def _tells(log: Path, request_id: str, line: str) -> bool:
    return line in _said(log, request_id)


def _said(log: Path, request_id: str) -> list[str]:
    """What the log has about a request, each line an object of its own."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if request_id in line]
    return [line["event"] for line in lines if line["request_id"] == request_id]


async def test_the_audit_trail_names_the_requests_behind_a_refund(shop: Shop) -> None:
    await shop.order()
    body = {"order_id": "o1", "reason": "changed_mind", "kind": "refund_only"}
    asked = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body, headers={"Request-Id": "r-asked"})
    review = f"/v1/refunds/{asked.json()['refund_id']}/review"
    await shop.reviewer.wait_for(asked.json()["refund_id"], ["in_review"], within_s=IN_TIME_S)

    approved = await shop.raw(
        Role.REVIEWER, "POST", review, json={"decision": "approve"}, headers={"Request-Id": "r-approved"}
    )
    await shop.until(asked.json(), "completed")

    trail = (await shop.ops.get("/v1/audit?order_id=o1"))["items"]
    by_request = {entry["detail"].get("request_id"): (entry["action"], entry["actor"]) for entry in trail}
    assert approved.status_code == HTTPStatus.OK
    assert by_request["r-asked"] == ("requested", "merchant")
    assert by_request["r-approved"] == ("asked", "reviewer")
    assert (await shop.ops.get("/v1/audit/verification"))["intact"] is True


async def test_two_megabytes_of_inspection_notes_are_refused_at_the_door(shop: Shop) -> None:
    lines = [a_line(f"l{number}", unit_price=10) for number in range(300)]
    await shop.order(lines=lines)
    refund = await shop.refund(kind="return")
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{path}/receipt", {})
    inspected = [{"line_id": line["line_id"], "accepted": 1, "note": "𠮷" * 2_000} for line in lines]

    too_much = await shop.raw(Role.WAREHOUSE, "POST", f"{path}/inspection", json={"lines": inspected})
    enough = [{**line, "note": "𠮷" * 100} for line in inspected]
    taken = await shop.raw(Role.WAREHOUSE, "POST", f"{path}/inspection", json={"lines": enough})

    assert (too_much.status_code, too_much.json()["code"]) == (413, "body_too_large")
    assert taken.status_code in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    await shop.until(refund, "completed")


async def test_nobody_decides_in_the_name_of_the_house(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 200_000})
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))

    with pytest.raises(WorkflowUpdateFailedError):
        await shop.workflow(refund).execute_update("review", ReviewInput(Decision.APPROVE, "timeout"))
    await shop.workflow(refund).signal("decide", {"decision": "approve", "by": "timeout", "note": ""})

    done = await shop.until(refund, "completed")
    assert done["review"]["by"] == "temporal:timeout" and done["review"]["rule"] is None


async def test_what_nobody_foresaw_is_answered_logged_and_named(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("nobody foresaw this")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(RequestIds(breaks)), base_url="http://makewhole"
    ) as http:
        answer = await http.get("/v1/refunds/r1")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert MADE.fullmatch(answer.headers["Request-Id"]) and "nobody foresaw this" in caplog.text


async def test_the_log_says_no_more_of_an_address_that_opens_something_than_how_it_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="api")
    token = secrets.token_urlsafe(24)
    opening = [f"/v1/labels/{token}.pdf", f"/v1/sign-in/{token}/callback", f"/v1/webhooks/stripe/{token}"]

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(RequestIds(_refuses)), base_url="http://makewhole"
    ) as http:
        for path in (
            *opening,
            f"/v1/webhooks/a%2Fb/{token}",
            f"/v1/webhooks/stripe/%0A{token}",
            "/v1/webhooks/sandbox",
        ):
            await http.post(path)

    assert caplog.messages[2] == f"'POST /v1/webhooks/stripe/{token[:6]}...': 503"
    assert caplog.messages[-1] == "'POST /v1/webhooks/sandbox': 503"
    assert token[:7] not in caplog.text


async def _refuses(scope: Scope, receive: Receive, send: Send) -> None:
    await problems.answer(problems.try_again("not now"))(scope, receive, send)
