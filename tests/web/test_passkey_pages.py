"""Passkeys on the customer's pages: made after a code, and from then on the way in; what is none opens nothing."""

import json

from tests.authenticator import Device
from tests.messages.mail_server import MailServer
from tests.shop import Shop
from tests.web.browser import Browser, Seen
from tests.web.guests import a_guests_order, browser_of, let_in
from tools.client import Json

PASSKEYS, BY_PASSKEY = "/pages/passkeys", "/pages/sessions/by-passkey"


def device_at(shop: Shop) -> Device:
    return Device(origin=f"http://localhost:{shop.http.base_url.port}")


async def challenge(browser: Browser, seen: Seen, form: str) -> Json:
    """Ask as the script of a page does, with the fields of the form that its button is in."""
    (where,) = [said["data-passkey"] for tag, said in seen.tags if tag == "button" and "data-passkey" in said]
    answer = await browser.post(where, seen.form(form).fields)
    assert answer.status == 200, answer.html
    asked: Json = json.loads(answer.html)
    return asked


def filled(asked: Json, credential: Json) -> dict[str, str]:
    return {"challenge_id": asked["challenge_id"], "credential": json.dumps(credential)}


async def with_a_passkey(shop: Shop, mail: MailServer, device: Device) -> tuple[Browser, Seen]:
    """Somebody whom a code let into their account, and who made a passkey there."""
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei")})
    await shop.order()
    browser = browser_of(shop)
    order = await let_in(shop, browser, mail, contact=shop.address_of("lilei"))
    page = await browser.open(order.links["Next time without a code: with a fingerprint, a face or a PIN"])
    asked = await challenge(browser, page, PASSKEYS)
    return browser, await browser.send(page, PASSKEYS, **filled(asked, device.make(asked["public_key"])))


async def enter(shop: Shop, device: Device, language: str = "en") -> Seen:
    browser = browser_of(shop, language)
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}&order=o1")
    asked = await challenge(browser, door, "/pages/codes")
    fields = {**door.form("/pages/codes").fields, **filled(asked, device.use(asked["public_key"]))}
    return await browser.post(BY_PASSKEY, fields)


async def test_a_passkey_opens_the_order_until_it_is_forgotten(shop: Shop, mail: MailServer) -> None:
    device = device_at(shop)
    browser, made = await with_a_passkey(shop, mail, device)

    opened = await enter(shop, device)
    listed = await browser.open(f"{PASSKEYS}?merchant={shop.merchant_id}&order=o1")
    (gone,) = [each.action.partition("?")[0] for each in listed.forms if "/forgotten" in each.action]
    forgotten = await browser.send(listed, gone)
    refused = await enter(shop, device, "zh-CN")

    assert "Your passkey is kept" in made.text and "Order o1" in opened.text and "used last" in listed.text
    assert "anywhere else is out then" in listed.text
    assert "You have no passkey here yet" in forgotten.text
    assert refused.status == 401 and "此通行密钥无法使用" in refused.text
    assert refused.form("/pages/codes").fields["order"] == "o1"


async def test_what_is_no_answer_of_a_device_makes_no_passkey_and_opens_nothing(shop: Shop, mail: MailServer) -> None:
    device = device_at(shop)
    browser, made = await with_a_passkey(shop, mail, device)
    stranger = browser_of(shop)
    door = await stranger.open(f"/pages/?merchant={shop.merchant_id}&order=o1")
    fields = door.form("/pages/codes").fields

    nonsense = [
        await browser.send(made, PASSKEYS, challenge_id="pch_0", credential=said) for said in ("", "[]", "{", "{}")
    ]
    without_order = await stranger.post(BY_PASSKEY, {**fields, "order": ""})
    unasked = await stranger.post(BY_PASSKEY, fields)
    not_ours = await stranger.post("/pages/sessions/challenges", {"merchant": shop.merchant_id})

    assert {each.status for each in nonsense} <= {401, 422} and not_ours.status == 403
    assert (without_order.status, unasked.status) == (422, 422) and "Please fill this in" in without_order.text
    assert "__Host-makewhole-customer" not in stranger.cookies
    listed = await browser.open(f"{PASSKEYS}?merchant={shop.merchant_id}")
    assert len([each for each in listed.forms if "/forgotten" in each.action]) == 1


async def test_who_has_proved_one_order_is_told_what_a_passkey_belongs_to(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    order = await let_in(shop, browser, mail)

    page = await browser.open(f"{PASSKEYS}?merchant={shop.merchant_id}&order=o1")
    asked = await browser.post(f"{PASSKEYS}/challenges?merchant={shop.merchant_id}", page.forms[-1].fields)

    assert "Next time without a code" not in order.text and "A passkey belongs to an account" in page.text
    assert asked.status == 409 and asked.html.startswith("A passkey belongs to an account")
