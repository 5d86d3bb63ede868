"""Staff as they come to the pages: with a key, pasted once."""

from db.api_keys import Role
from tests.shop import Shop
from tests.web.browser import Browser, Seen
from tools.client import Json


async def signed_in(
    shop: Shop, role: Role, language: str = "en", *, to: str = "", key: str = ""
) -> tuple[Browser, Seen]:
    """Paste a key at the door; returns the browser and the page behind it."""
    browser = Browser(shop.http, language)
    door = await browser.open(f"/pages/staff?to={to}")
    return browser, await browser.send(door, "/pages/staff/keys", key=key or shop.keys[role])


def refund_page(refund: Json) -> str:
    return f"/pages/desk/refunds/{refund['refund_id']}"
