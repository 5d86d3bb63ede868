"""Guests as they come to the pages: with an order's number, and the code that was sent to them."""

import asyncio
import re
from collections.abc import Collection
from urllib.parse import quote

from tests.messages.mail_server import MailServer
from tests.shop import IN_TIME_S, Shop, a_line
from tests.web.browser import Browser, Seen
from tools.client import Json

ORDER = "/pages/orders/o1"


async def a_guests_order(shop: Shop, order_id: str = "o1", **fields: object) -> Json:
    """An order of two kettles and a cup, bought without an account."""
    lines = [a_line("l1", quantity=2, unit_price=600_00, name="Kettle"), a_line("l2", unit_price=50_00, name="Cup")]
    body = shop.order_body(order_id, **{"lines": lines, **fields})
    del body["customer_id"]
    return await shop.merchant.put(
        f"/v1/orders/{quote(order_id, safe='')}",
        {**body, "guest": {"email": shop.address_of("anna"), "locale": "zh-CN"}},
    )


async def let_in(
    shop: Shop,
    browser: Browser,
    mail: MailServer,
    order_id: str = "o1",
    address: str = "",
    contact: str = "",
) -> Seen:
    """Prove that the order is theirs, by the pages alone; returns the page behind the door.

    On a slow machine a letter may be sent anew, with another code: then that one counts.
    """
    mail.letters.clear()
    door = await browser.open(address or f"/pages/?merchant={shop.merchant_id}")
    asked = await browser.send(door, "/pages/codes", order=order_id, contact=contact or shop.address_of("anna"))
    assert asked.status == 200, asked.text
    tried: set[str] = set()
    while True:
        code = await code_that_came(mail, order_id, tried)
        seen = await browser.send(asked, "/pages/sessions", code=f" {code[:3]} {code[3:]} ")
        if seen.status == 200:
            return seen
        tried.add(code)


async def code_that_came(mail: MailServer, order_id: str, tried: Collection[str] = ()) -> str:
    """Wait for the letter about an order, in whatever language, and read its code, which nobody has tried yet."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            for letter in reversed(mail.letters):
                body = letter.get_body(("plain",))
                codes = re.findall(r"\b[0-9]{6}\b", str(body.get_content())) if body else []
                if codes and codes[0] not in tried and order_id in str(letter["Subject"]):
                    return str(codes[0])
            mail.met.clear()
            await mail.met.wait()


def browser_of(shop: Shop, language: str = "en") -> Browser:
    return Browser(shop.http, language)


async def three_clicks(browser: Browser, order: Seen, *, note: str = "", reason: str = "quality_issue") -> Seen:
    """What, why, confirm: one of the kettles comes back."""
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})
    confirm = await browser.send(why, f"{ORDER}/confirm", reason=reason, note=note)
    assert confirm.status == 200, confirm.text
    return await browser.send(confirm, f"{ORDER}/refunds")


def refund_of(seen: Seen) -> str:
    found = re.search("/pages/refunds/(rf_[0-9a-f]+)", seen.address)
    assert found, seen.text
    return found[1]
