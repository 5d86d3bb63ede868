"""Customers prove who they are over HTTP, and what the session sees that they get."""

import hashlib
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api import problems
from api.app import with_routes
from service.quotas import Quotas
from service.vault import Vault
from tests.api.sessions import ask, bearer, session
from tests.messages.mail_server import MailServer
from tests.shop import Shop
from tools.client import Api, Json


async def test_a_customer_sees_what_is_theirs_and_nothing_else_until_the_session_is_ended(
    shop: Shop, mail: MailServer
) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei")})
    await shop.order("o1")
    await shop.order("o2")
    await shop.order("o3", customer_id="hanmeimei")
    own, others = await shop.approved_refund("o1"), await shop.approved_refund("o3")

    opened = await session(shop, mail, "o1", shop.address_of("lilei"))
    lilei = Api(shop.http, opened["key"])

    assert (opened["customer_id"], opened["order_id"]) == (shop.customer_id, None)
    assert [each["refund_id"] for each in (await lilei.get("/v1/refunds"))["items"]] == [own["refund_id"]]
    asked = await lilei.post("/v1/refunds", a_request("o2"))
    assert (await lilei.get(f"/v1/refunds/{asked['refund_id']}"))["order_id"] == "o2"
    assert (await get(shop, opened, f"/v1/refunds/{others['refund_id']}")).status_code == 404
    assert (await get(shop, opened, "/v1/orders/o1")).status_code == 403

    ended = await shop.http.delete("/v1/identity/sessions", headers=bearer(opened))
    assert ended.status_code == 204 and (await get(shop, opened, "/v1/refunds")).status_code == 401
    entries = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    assert {"session_opened", "session_ended"} <= {each["action"] for each in entries}


async def test_a_contact_that_is_theirs_no_more_opens_nothing_and_what_it_opened_is_over(
    shop: Shop, mail: MailServer
) -> None:
    at = f"/v1/customers/{shop.customer_id}"
    await shop.merchant.put(at, {"email": shop.address_of("lilei")})
    await shop.order("o1")
    opened = await session(shop, mail, "o1", shop.address_of("lilei"))
    link = (await shop.merchant.post("/v1/orders/o1/page/links", {}))["url"]

    await shop.merchant.put(at, {"email": shop.address_of("lilei"), "phone": "+8613800138000"})
    assert (await get(shop, opened, "/v1/refunds")).status_code == 200, "nothing was taken from them"
    await shop.merchant.put(at, {"email": shop.address_of("hanmeimei"), "phone": "+8613800138000"})

    assert (await get(shop, opened, "/v1/refunds")).status_code == 401
    code_id, code = parse_qs(urlsplit(link).query)["link"][0].split(".", 1)
    answer = await shop.http.post("/v1/identity/sessions", json={"code_id": code_id, "code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_code")


async def test_a_guest_sees_the_order_that_was_proved_and_none_that_has_the_same_name_on_it(
    shop: Shop, mail: MailServer
) -> None:
    for order_id in ("g1", "g2"):
        await shop.order(order_id, customer_id=None, guest={"email": shop.address_of("guest").title()})
    other = await shop.approved_refund("g2")

    opened = await session(shop, mail, "g1", f"{shop.address_of('guest')} ")
    guest = Api(shop.http, opened["key"])

    own = await guest.post("/v1/refunds", a_request("g1"))
    told = await shop.until(own, "completed")
    assert (opened["customer_id"], opened["order_id"]) == (None, "g1")
    assert [each["refund_id"] for each in (await guest.get("/v1/refunds"))["items"]] == [own["refund_id"]]
    assert "guest-" not in str(told) and "guest-" not in str(await guest.get(f"/v1/refunds/{own['refund_id']}"))
    at = f"/v1/refunds/{other['refund_id']}"
    assert (await get(shop, opened, at)).status_code == 404
    assert (await get(shop, opened, "/v1/refunds?order_id=g2")).status_code == 403
    for path, body in (("/v1/refunds", a_request("g2")), ("/v1/refunds/quote", a_request("g2"))):
        assert (await post(shop, opened, path, body)).status_code == 404
    for path in ("cancel", "shipment", "feedback", "evidence", "labels"):
        assert (await post(shop, opened, f"{at}/{path}", SAID[path])).status_code == 404, path


async def test_who_proves_an_order_of_an_account_by_the_guests_address_has_no_account(
    shop: Shop, mail: MailServer
) -> None:
    await shop.order("g1", customer_id=None, guest={"email": shop.address_of("guest").title()})
    await shop.merchant.put(
        "/v1/customers/lilei", {"email": shop.address_of("lilei"), "guest_of": [shop.address_of("guest")]}
    )

    opened = await session(shop, mail, "g1", shop.address_of("guest"))

    assert (opened["customer_id"], opened["order_id"]) == ("lilei", "g1")
    assert (await get(shop, opened, "/v1/customers/lilei/preferences")).status_code == 404
    assert (await get(shop, opened, "/v1/customers/lilei/suspension")).status_code == 404


async def test_the_same_is_answered_whether_or_not_there_is_such_an_order_or_merchant(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei")})
    await shop.order("o1")
    lilei = shop.address_of("lilei")
    answers = [await ask(shop, "o1", lilei), await ask(shop, "o1", "x@example.com"), await ask(shop, "no", lilei)]
    body = {"merchant_id": "no-such-merchant", "order_id": "o1", "contact": lilei}
    answers.append(await shop.http.post("/v1/identity/codes", json=body))

    assert {(each.status_code, tuple(each.json())) for each in answers} == {(202, ("code_id", "expires_at"))}
    assert len({tuple(sorted(each.headers)) for each in answers}) == 1
    wrong = [await guess(shop, each.json()["code_id"]) for each in answers] + [await guess(shop, "cod_nobody")]
    assert len({(each.status_code, each.text) for each in wrong}) == 1 and wrong[0].json()["code"] == "wrong_code"


async def test_codes_are_limited_for_an_order_and_for_a_contact_also_where_there_is_none(shop: Shop) -> None:
    by_order = [await ask(shop, "o1", f"{number}@{shop.merchant_id}.example") for number in range(11)]
    by_contact = [await ask(shop, f"n{number}", f"me@{shop.merchant_id}.example") for number in range(11)]

    assert [each.status_code for each in by_order] == [202] * 10 + [429]
    assert [each.status_code for each in by_contact] == [202] * 10 + [429]
    last, first = by_contact[-1], by_contact[0]
    assert last.headers["ratelimit-policy"] == '"codes_per_contact";q=10;w=86400'
    assert re.fullmatch(r'"codes_per_contact";r=0;t=\d+', last.headers["ratelimit"])
    assert 0 < int(last.headers["retry-after"]) <= 86400
    assert re.fullmatch(r'"codes_per_caller";r=\d+;t=\d+', first.headers["ratelimit"])


async def test_a_caller_who_asked_too_often_uses_up_nobody_elses_codes(shop: Shop) -> None:
    body = {"merchant_id": shop.merchant_id, "order_id": "o1", "contact": shop.address_of("lilei")}
    api = own_api(shop)

    hostile = [await from_address(api, "192.0.2.1", body) for _ in range(12)]
    others = [await from_address(api, "192.0.2.2", body), await from_address(api, "2001:db8::1", body)]
    same_network = await from_address(api, "2001:db8::2", body)

    assert [each.status_code for each in hostile] == [202] * 2 + [429] * 10
    assert {each.headers["ratelimit-policy"] for each in hostile} == {'"codes_per_caller";q=2;w=3600'}
    assert [each.status_code for each in (*others, same_network)] == [202, 202, 202]
    assert same_network.headers["ratelimit"].startswith('"codes_per_caller";r=0;')


def own_api(shop: Shop) -> FastAPI:
    """An API of one test, which counts its callers apart and gives each two codes an hour."""
    app = with_routes(FastAPI())
    problems.install(app)
    vault = Vault({"k1": hashlib.sha256(shop.merchant_id.encode()).digest()})
    app.state.services = SimpleNamespace(engine=shop.engine, vault=vault, quotas=Quotas.of({"codes_per_caller": 2}))
    return app


async def from_address(api: FastAPI, host: str, body: Json) -> httpx.Response:
    transport = httpx.ASGITransport(api, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        return await http.post("/v1/identity/codes", json=body)


@pytest.mark.parametrize("contact", ["nobody", "138 0000 0000", "a b@example.com"])
async def test_what_is_no_address_is_refused(shop: Shop, contact: str) -> None:
    assert (await ask(shop, "o1", contact)).json()["errors"][0]["pointer"] == "/contact"


SAID: dict[str, Json] = {
    "cancel": {},
    "shipment": {"carrier": "SF", "tracking_number": "1"},
    "feedback": {"score": 5},
    "evidence": {"evidence": ["https://shop.example/1.jpg"]},
    "labels": {},
}


def a_request(order_id: str) -> Json:
    return {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}


async def get(shop: Shop, opened: Json, path: str) -> httpx.Response:
    return await shop.http.get(path, headers=bearer(opened))


async def post(shop: Shop, opened: Json, path: str, body: Any) -> httpx.Response:
    return await shop.http.post(path, headers=bearer(opened), json=body)


async def guess(shop: Shop, code_id: str) -> httpx.Response:
    return await shop.http.post("/v1/identity/sessions", json={"code_id": code_id, "code": "000000"})
