"""Every page there is, gone through by keyboard alone; a page that is new has to be named here.

What axe says of each is asked where they are looked at, in both languages (`looking.py`).
"""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from starlette.routing import Match, Route

from db.api_keys import Role
from tests.api.test_reviews import waiting
from tests.shop import Shop
from tests.system.keyboard import skipped, walked
from tests.system.test_pages_in_a_browser import a_phone
from tests.system.test_staff_in_a_browser import at_work, one_stuck, two_parcels
from tests.web.guests import a_guests_order
from tools.stack.stack import Stack
from web.app import make_pages

THEIRS: Mapping[Role, tuple[str, ...]] = {
    Role.CUSTOMER: (
        "/",
        "/enter?{link}",
        "/orders/o1?merchant={merchant}",
        "/orders/o1/why?merchant={merchant}&units:l1=1",
        "/passkeys?merchant={merchant}&order=o1",
        "/refunds/{theirs}?merchant={merchant}&order=o1",
        "/code?merchant={merchant}&order=o1",
    ),
    Role.REVIEWER: ("/staff", "/desk", "/desk/together", "/desk/refunds/{asked}", "/desk/refunds/{here}"),
    Role.WAREHOUSE: ("/warehouse", "/warehouse/refunds/{awaited}", "/warehouse/refunds/{here}"),
    Role.OPS: (
        "/operations",
        "/operations/refunds/{stuck}",
        "/operations/pace",
        "/operations/alerts",
        "/operations/events",
        "/operations/policy",
        "/operations/books",
        "/operations/settlements",
        "/operations/audit",
        "/reports",
    ),
    Role.OWNER: (
        "/operations/webhooks",
        "/operations/webhooks?change=erp",
        "/operations/gateways",
        "/operations/sign-in",
        "/operations/keys",
    ),
}
"""The pages of each application, in the order in which one comes to them; of refunds, of one that is at that stage."""

NO_PAGES = (
    "/static/",
    "/desk/speed",
    "/news",
    "/story",
    "/quote",
    "/pictures/",
    ".csv",
    ".json",
    ".jsonl",
    "/proof",
)
"""In the addresses of what is read with GET and is a part of a page, or a file."""


def test_every_page_is_named() -> None:
    read = [each for each in make_pages(nobody).routes if isinstance(each, Route) and "GET" in (each.methods or ())]
    pages = {each.path for each in read if not any(part in each.path for part in NO_PAGES)}

    named = {route_of(read, address) for addresses in THEIRS.values() for address in addresses}

    assert named == pages


async def test_staff_reaches_everything_by_keyboard_alone(shop: Shop, stack: Stack, chromium: Browser) -> None:
    await shop.owner.put("/v1/webhook-endpoints/erp", {"url": "https://shop.example/hooks", "enabled": False})
    asked, (awaited, here), stuck = await waiting(shop), await two_parcels(shop), await one_stuck(shop)
    refunds = {"asked": asked, "awaited": awaited, "here": here, "stuck": stuck}
    ids = {name: refund["refund_id"] for name, refund in refunds.items()}
    for role in (Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER):
        room = THEIRS[role][-1].split("/")[1]
        async with at_work(chromium, stack, shop.keys[role], room) as page:
            for address in THEIRS[role]:
                await page.goto(f"/pages{address.format_map(ids)}")
                await gone_through(page, address)


@pytest.mark.usefixtures("mail")
async def test_a_customer_reaches_everything_by_keyboard_alone(shop: Shop, stack: Stack, chromium: Browser) -> None:
    await a_guests_order(shop)
    theirs = await shop.until(
        await shop.refund(kind="return", lines=[{"line_id": "l2", "quantity": 1}]), "awaiting_return"
    )
    link = (await shop.merchant.post("/v1/orders/o1/page/links", {}))["url"].partition("?")[2]
    places = {"merchant": shop.merchant_id, "theirs": theirs["refund_id"], "link": link}
    async with a_phone(chromium, stack, "en") as page:
        await page.route("**/goes-on.js", lambda route: route.abort())  # by which a link's page goes on by itself
        for address in THEIRS[Role.CUSTOMER]:
            if address.startswith("/code"):
                await asked_for_a_code(page, shop)
            await page.goto(f"/pages{address.format_map(places)}")
            await gone_through(page, address)
            if address.startswith("/enter"):
                await page.click("main form button")
                await page.wait_for_url("**/pages/orders/o1?*")


async def asked_for_a_code(page: Page, shop: Shop) -> None:
    await page.goto(f"/pages/?merchant={shop.merchant_id}")
    await page.fill("#order", "o1")
    await page.fill("#contact", shop.address_of("anna"))
    await page.click("main form[action^='/pages/codes'] button")
    await page.wait_for_url("**/pages/code?*")


async def gone_through(page: Page, name: str) -> None:
    """With all open that is folded up."""
    assert "/pages" + name.partition("{")[0].partition("?")[0] in page.url
    for each in await page.locator("main details").all():
        await each.evaluate("(element) => { element.open = true; }")
    await walked(page, name)
    await skipped(page, name)


def route_of(routes: list[Route], address: str) -> str:
    """Which of the routes answers an address."""
    scope = {"type": "http", "method": "GET", "path": address.partition("?")[0], "root_path": "", "headers": []}
    return next(each.path for each in routes if each.matches(scope)[0] is Match.FULL)


async def nobody(*_: Any) -> None:
    """No API: nothing is asked."""
