"""Sessions of customers, opened with a code as they would open them."""

import asyncio
import re

import httpx

from tests.messages.mail_server import MailServer
from tests.shop import IN_TIME_S, Shop
from tools.client import Json


async def ask(shop: Shop, order_id: str, contact: str) -> httpx.Response:
    body = {"merchant_id": shop.merchant_id, "order_id": order_id, "contact": contact}
    return await shop.http.post("/v1/identity/codes", json=body)


async def session(shop: Shop, mail: MailServer, order_id: str, contact: str) -> Json:
    """Ask for a code, wait for it, and open a session with it.

    On a slow machine a letter may be sent anew, with another code: then that one counts.
    """
    mail.met.clear()
    asked = (await ask(shop, order_id, contact)).json()
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if code := code_for(mail, order_id):
                body = {"code_id": asked["code_id"], "code": code}
                answer = await shop.http.post("/v1/identity/sessions", json=body)
                if answer.is_success:
                    opened: Json = answer.json()
                    return opened
            await mail.met.wait()
            mail.met.clear()


def code_for(mail: MailServer, order_id: str) -> str:
    for letter in reversed(mail.letters):
        if letter["Subject"] == f"Your code for order {order_id}":
            (code,) = re.findall(r"\b[0-9]{6}\b", str(letter.get_body(("plain",)).get_content()))
            return str(code)
    return ""


def bearer(opened: Json) -> dict[str, str]:
    return {"Authorization": f"Bearer {opened['key']}"}
