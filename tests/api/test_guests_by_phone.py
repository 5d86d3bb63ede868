"""Guests who say a phone number and nothing else: told, proved, counted and given to an account by it (rule 57)."""

import asyncio
import re
import secrets
from collections.abc import Callable

import pytest

from db.api_keys import Role
from tests.api.sessions import ask
from tests.messages.sms_peers import TwilioPeer, serving
from tests.shop import IN_TIME_S, Shop
from tools.client import Api, Json

ONE = [{"line_id": "l1", "quantity": 1}]


@pytest.fixture
def phone() -> str:
    """A number that no other test's messages go to."""
    return f"+4477009{secrets.randbelow(10**5):05}"


async def bought(shop: Shop, order_id: str, phone: str, locale: str = "en") -> Json:
    return await shop.order(order_id, customer_id=None, guest={"phone": phone, "locale": locale}, points_earned=100)


async def test_a_guest_is_proved_by_sms_asks_alone_and_is_told_by_sms(shop: Shop, twilio_port: int, phone: str) -> None:
    sold = await bought(shop, "g1", phone)
    carrier = TwilioPeer()
    async with serving(carrier, twilio_port):
        opened = await by_sms(shop, carrier, phone)
        guest = Api(shop.http, opened["key"])
        asked = await guest.post("/v1/refunds", {"order_id": "g1", "reason": "quality_issue", "kind": "refund_only"})
        done = await shop.until(asked, "completed")
        paid = await text_to(phone, carrier, lambda text: "¥1,200.00" in text and "code" not in text)

    for shown in (sold, done):
        assert (shown["customer_id"], shown["guest"]) == (None, {"phone": phone, "email": None, "locale": "en"})
    assert (opened["customer_id"], opened["order_id"], done["total"]) == (None, "g1", 1_200_00)
    assert done["effects"]["points_clawed_back"] == 100
    assert phone not in paid and "guest-" not in paid


async def by_sms(shop: Shop, carrier: TwilioPeer, phone: str) -> Json:
    """Open a session with the code that came last; a second text has another code."""
    asked = (await ask(shop, "g1", phone)).json()
    async with asyncio.timeout(IN_TIME_S):
        while True:
            text = await text_to(phone, carrier, lambda text: "is your code for order g1" in text)
            (code,) = re.findall(r"\b[0-9]{6}\b", text)
            answer = await shop.http.post("/v1/identity/sessions", json={"code_id": asked["code_id"], "code": code})
            if answer.is_success:
                opened: Json = answer.json()
                return opened
            await asyncio.sleep(0.2)


async def text_to(phone: str, carrier: TwilioPeer, is_it: Callable[[str], bool]) -> str:
    """Wait for a text to this number, and return the last such."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            texts = [each["body"] for each in carrier.taken if each["to"] == phone and is_it(each["body"])]
            if texts:
                return texts[-1]
            await asyncio.sleep(0.1)


async def test_guests_are_counted_by_their_phone_and_an_account_takes_all_of_it_along(shop: Shop, phone: str) -> None:
    await shop.lenient_policy(refund_limit={"count": 1})
    for order_id in ("g1", "g2"):
        await bought(shop, order_id, phone, "zh-CN")
    await bought(shop, "g3", f"{phone}1")
    await shop.order("g4", customer_id=None, guest={"email": f"{phone[1:]}@example.com", "phone": phone})
    for order_id in ("g1", "g2"):
        await shop.approved_refund(order_id, reason="changed_mind", lines=ONE)

    asked = {"order_id": "g1", "reason": "changed_mind", "lines": ONE}
    refused = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=asked)
    others = [await shop.refund(order_id, reason="changed_mind", lines=ONE) for order_id in ("g3", "g4")]
    known = await shop.merchant.put("/v1/customers/anna", {"guest_of": [phone]})
    told = (await shop.merchant.get("/v1/customers/anna/inbox"))["items"]
    owners = [(await shop.merchant.get(f"/v1/orders/g{number}"))["customer_id"] for number in range(1, 5)]

    assert (refused.status_code, refused.json()["code"]) == (422, "refund_right_suspended")
    assert [each["customer_id"] for each in others] == [None, None]
    assert (known["guest_of"], known["points"]["balance"]) == ([phone], 100)
    assert known["refund_rights"]["suspended"] and owners == ["anna", "anna", None, None]
    assert {each["locale"] for each in told} == {"zh-CN"} and any("退款" in each["body"] for each in told)
