"""Customers make passkeys after a code, and are let in by them; what is no passkey of theirs opens nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from db.api_keys import Role
from service.passkeys import RelyingParty
from tests.api.sessions import bearer, session
from tests.authenticator import USER_PRESENT, Device, told
from tests.messages.mail_server import MailServer
from tests.shop import Shop
from tools.client import Api, Json


@pytest.fixture
def device(shop: Shop) -> Device:
    return Device(origin=f"http://localhost:{shop.http.base_url.port}")


@pytest.fixture
async def opened(shop: Shop, mail: MailServer) -> Json:
    """A session that a code has opened for an account."""
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei")})
    await shop.order("o1")
    return await session(shop, mail, "o1", shop.address_of("lilei"))


async def options(shop: Shop, of_session: Json | None = None, merchant_id: str = "") -> Json:
    headers = bearer(of_session) if of_session else {}
    body = {"merchant_id": merchant_id or shop.merchant_id}
    answer = await shop.http.post("/v1/identity/passkeys/options", json=body, headers=headers)
    asked: Json = answer.raise_for_status().json()
    return asked


async def make(shop: Shop, device: Device, of_session: Json) -> httpx.Response:
    asked = await options(shop, of_session)
    return await shop.http.post("/v1/identity/passkeys", json=answered(asked, device.make(asked["public_key"])))


async def sign_in(shop: Shop, device: Device, merchant_id: str = "") -> httpx.Response:
    asked = await options(shop, merchant_id=merchant_id)
    return await shop.http.post("/v1/identity/sessions", json=answered(asked, device.use(asked["public_key"])))


def answered(asked: Json, credential: Json) -> Json:
    return {"challenge_id": asked["challenge_id"], "credential": credential}


def is_refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (401, "passkey_refused")


async def test_a_passkey_opens_sessions_of_its_customer_until_it_is_forgotten(
    shop: Shop, device: Device, opened: Json
) -> None:
    made = (await make(shop, device, opened)).raise_for_status().json()
    by_passkey = (await sign_in(shop, device)).raise_for_status().json()
    lilei = Api(shop.http, by_passkey["key"])

    assert (by_passkey["customer_id"], by_passkey["order_id"]) == (shop.customer_id, None)
    refund = await lilei.post("/v1/refunds", {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"})
    assert (await lilei.get(f"/v1/refunds/{refund['refund_id']}"))["order_id"] == "o1"
    (listed,) = (await lilei.get("/v1/identity/passkeys", customer_id=shop.customer_id))["items"]
    assert (made["last_used_at"], listed["passkey_id"]) == (None, made["passkey_id"]) and listed["last_used_at"]

    gone = await shop.http.delete(f"/v1/identity/passkeys/{made['passkey_id']}", headers=bearer(by_passkey))
    assert gone.status_code == 204 and is_refused(await sign_in(shop, device))
    entries = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    assert {"passkey_made", "session_opened", "passkey_forgotten"} <= {each["action"] for each in entries}


async def test_who_forgets_the_passkey_of_a_lost_device_ends_what_it_has_opened_and_stays_in(
    shop: Shop, device: Device, opened: Json
) -> None:
    made = (await make(shop, device, opened)).raise_for_status().json()
    on_the_lost_one = (await sign_in(shop, device)).raise_for_status().json()
    assert await is_in(shop, on_the_lost_one)

    gone = await shop.http.delete(f"/v1/identity/passkeys/{made['passkey_id']}", headers=bearer(opened))

    assert gone.status_code == 204
    assert (await is_in(shop, on_the_lost_one), await is_in(shop, opened)) == (False, True)


async def test_a_passkey_that_a_contact_has_made_goes_with_the_contact(
    shop: Shop, device: Device, opened: Json
) -> None:
    at = f"/v1/customers/{shop.customer_id}"
    (await make(shop, device, opened)).raise_for_status()
    by_passkey = (await sign_in(shop, device)).raise_for_status().json()
    asked = await options(shop, opened)

    await shop.merchant.put(at, {"email": shop.address_of("LiLei")})
    assert await is_in(shop, by_passkey), "another spelling reaches the same"
    await shop.merchant.put(at, {"email": shop.address_of("hanmeimei")})

    assert not await is_in(shop, by_passkey) and is_refused(await sign_in(shop, device))
    late = answered(asked, Device(origin=device.origin).make(asked["public_key"]))
    assert is_refused(await shop.http.post("/v1/identity/passkeys", json=late))
    told = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"][-1]["detail"]
    assert (told["changed"], told["sessions_ended"], told["passkeys_forgotten"]) == (["email"], 2, 1)


async def is_in(shop: Shop, session: Json) -> bool:
    return (await shop.http.get("/v1/refunds", headers=bearer(session))).is_success


async def test_an_answer_opens_one_session_however_often_it_comes_at_once(
    shop: Shop, device: Device, opened: Json
) -> None:
    (await make(shop, device, opened)).raise_for_status()
    asked = await options(shop)
    body = answered(asked, device.use(asked["public_key"]))

    answers = await asyncio.gather(*(shop.http.post("/v1/identity/sessions", json=body) for _ in range(20)))

    assert sorted(each.status_code for each in answers) == [201] + [401] * 19


async def test_a_passkey_whose_device_has_a_twin_is_forgotten(shop: Shop, device: Device, opened: Json) -> None:
    device.count = 5
    (await make(shop, device, opened)).raise_for_status()
    twin = device.twin()
    by_one_of_them = (await sign_in(shop, device)).raise_for_status().json()

    assert is_refused(await sign_in(shop, twin))
    assert is_refused(await sign_in(shop, device))
    assert not await is_in(shop, by_one_of_them)
    entries = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    assert "passkey_cloned" in {each["action"] for each in entries}


def _at_another_site(device: Device) -> Device:
    return replace(device, origin="https://phishing.example")


def _without_looking_who_it_is(device: Device) -> Device:
    return replace(device, flags=USER_PRESENT)


def _by_another_key(device: Device) -> Device:
    other = Device(device.origin)
    kept = device.passkeys[-1]
    other.make({"challenge": "", "user": {"id": told(kept.user_handle)}, "rp": {"id": kept.rp_id}})
    return replace(device, passkeys=[replace(kept, key=other.passkeys[-1].key)])


def _for_somebody_else(device: Device) -> Device:
    return replace(device, passkeys=[replace(device.passkeys[-1], user_handle=b"somebody else")])


def _of_a_passkey_that_nobody_knows(device: Device) -> Device:
    return replace(device, passkeys=[replace(device.passkeys[-1], credential_id=b"unknown")])


def _for_another_host(device: Device) -> Device:
    return replace(device, passkeys=[replace(device.passkeys[-1], rp_id="shop.example")])


@pytest.mark.parametrize(
    "wrong",
    [
        _at_another_site,
        _without_looking_who_it_is,
        _by_another_key,
        _for_somebody_else,
        _of_a_passkey_that_nobody_knows,
        _for_another_host,
    ],
)
async def test_what_is_wrong_with_an_answer_opens_nothing(
    shop: Shop, device: Device, opened: Json, wrong: Callable[[Device], Device]
) -> None:
    (await make(shop, device, opened)).raise_for_status()

    assert is_refused(await sign_in(shop, wrong(device)))
    assert (await sign_in(shop, device)).status_code == 201


async def test_a_challenge_is_for_one_shop_and_one_purpose(shop: Shop, device: Device, opened: Json) -> None:
    (await make(shop, device, opened)).raise_for_status()
    to_make, to_sign_in = await options(shop, opened), await options(shop)

    assert is_refused(await sign_in(shop, device, merchant_id="another-shop"))
    swapped = answered(to_make, device.use(to_make["public_key"]))
    assert is_refused(await shop.http.post("/v1/identity/sessions", json=swapped))
    shown = {**to_make["public_key"], "challenge": to_sign_in["public_key"]["challenge"]}
    swapped = answered(to_sign_in, Device(device.origin).make(shown))
    assert is_refused(await shop.http.post("/v1/identity/passkeys", json=swapped))


@pytest.mark.parametrize("wrong", [_at_another_site, _without_looking_who_it_is])
async def test_no_passkey_is_kept_that_was_made_elsewhere_or_without_looking_who_it_is(
    shop: Shop, device: Device, opened: Json, wrong: Callable[[Device], Device]
) -> None:
    assert is_refused(await make(shop, wrong(device), opened))
    assert (await shop.merchant.get("/v1/identity/passkeys", customer_id=shop.customer_id))["items"] == []


async def test_who_has_ended_their_session_makes_no_passkey(shop: Shop, device: Device, opened: Json) -> None:
    asked = await options(shop, opened)
    await shop.http.delete("/v1/identity/sessions", headers=bearer(opened))

    made = answered(asked, device.make(asked["public_key"]))
    assert is_refused(await shop.http.post("/v1/identity/passkeys", json=made))


async def test_only_who_has_proved_an_account_makes_a_passkey(shop: Shop, mail: MailServer) -> None:
    await shop.order("g1", customer_id=None, guest={"email": shop.address_of("guest")})
    guest = await session(shop, mail, "g1", shop.address_of("guest"))
    body = {"merchant_id": shop.merchant_id}

    for key in (guest["key"], await shop.customer_key("lilei"), shop.keys[Role.MERCHANT]):
        headers = {"Authorization": f"Bearer {key}"}
        answer = await shop.http.post("/v1/identity/passkeys/options", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_state")


async def test_who_asks_to_sign_in_learns_nothing(shop: Shop) -> None:
    known, unknown = await options(shop), await options(shop, merchant_id="no-such-shop")

    def shape(asked: Json) -> Json:
        return {**asked, "challenge_id": "", "expires_at": "", "public_key": {**asked["public_key"], "challenge": ""}}

    assert shape(known) == shape(unknown) and known["public_key"]["userVerification"] == "required"
    nobody = {"challenge_id": "pch_nobody", "credential": {"id": 1, "response": []}}
    for path in ("sessions", "passkeys"):
        assert is_refused(await shop.http.post(f"/v1/identity/{path}", json=nobody))


async def test_a_session_is_opened_by_one_proof(shop: Shop) -> None:
    both = {"code_id": "c", "code": "123456", "challenge_id": "p", "credential": {}}

    for body in (both, {}, {"code_id": "c"}, {"code_id": "c", "credential": {}}):
        answer = await shop.http.post("/v1/identity/sessions", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), body


async def test_whose_data_is_erased_has_no_passkey_any_more(shop: Shop, device: Device, opened: Json) -> None:
    (await make(shop, device, opened)).raise_for_status()

    erased = await shop.raw(Role.OWNER, "DELETE", f"/v1/customers/{shop.customer_id}/personal-data")

    assert erased.status_code < 300 and is_refused(await sign_in(shop, device))


@pytest.mark.parametrize(
    ("origins", "rp_id"),
    [
        (["https://refunds.shop.example"], "refunds.shop.example"),
        (["https://shop.example", "https://refunds.shop.example:8443"], "shop.example"),
        (["http://localhost:8000"], "localhost"),
    ],
)
def test_the_first_page_names_the_host(origins: list[str], rp_id: str) -> None:
    party = RelyingParty.of(origins)
    assert party is not None and (party.rp_id, list(party.origins)) == (rp_id, origins)


@pytest.mark.parametrize(
    "origins",
    [
        ["http://shop.example"],
        ["https://shop.example/"],
        ["shop.example"],
        ["https://shop.example", "https://othershop.example"],
        ["http://127.0.0.1:8000"],
    ],
)
def test_a_page_that_browsers_keep_no_passkeys_for_is_refused(origins: list[str]) -> None:
    with pytest.raises(ValueError, match="MAKEWHOLE_PASSKEY_ORIGINS"):
        RelyingParty.of(origins)


def test_without_pages_there_are_no_passkeys() -> None:
    assert RelyingParty.of([]) is None
