"""The pages in a real browser (Debian's Chromium): small, in Chinese, live, and without a fault that axe knows of.

With `MAKEWHOLE_PICTURES` naming a folder, each page leaves a picture there.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import zxingcpp
from playwright.async_api import Browser, Page, ViewportSize, expect
from playwright.async_api import Error as PlaywrightError

from db.api_keys import Role
from tests.messages.mail_server import MailServer
from tests.photographs import as_file, opened, photograph
from tests.shop import IN_TIME_S, Shop
from tests.system.looking import PHONE, looked_at
from tests.web.guests import a_guests_order, code_that_came
from tools.stack.stack import Stack

DESKTOP: ViewportSize = {"width": 1280, "height": 800}


@asynccontextmanager
async def a_phone(chromium: Browser, stack: Stack, language: str) -> AsyncIterator[Page]:
    """Somebody's phone; what a script fails at, and what the Content-Security-Policy forbids, is a fault."""
    origin = stack.description.pages["customer"].removesuffix("/pages/")
    context = await chromium.new_context(base_url=origin, viewport=PHONE, locale=language)
    context.set_default_timeout(IN_TIME_S * 1000)
    page, complaints = await context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    assert complaints == []


async def let_in(page: Page, shop: Shop, mail: MailServer) -> None:
    mail.letters.clear()
    await page.goto(f"/pages/?merchant={shop.merchant_id}")
    await looked_at(page, "door")
    await page.fill("#order", "o1")
    await page.fill("#contact", shop.address_of("anna"))
    await page.click("main form[action^='/pages/codes'] button")
    await page.wait_for_url("**/pages/code?*")
    await looked_at(page, "code")
    await page.fill("#code", await code_that_came(mail, "o1"))
    await page.click("main form button")
    await page.wait_for_url("**/pages/orders/o1?*")


async def asked(page: Page, name: str) -> str:
    """Give one kettle back, in three clicks; returns the refund."""
    await looked_at(page, f"{name}-order")
    await page.fill("#units-1", "1")
    await page.click("main form[action$='/why'] button")
    await page.check("input[value=changed_mind]")
    await expect(page.locator("#quote .total")).to_contain_text("600.00")
    await choose_a_picture(page)
    await looked_at(page, f"{name}-why")
    await page.click("#asking button")
    await expect(page.locator("main .total")).to_contain_text("600.00")
    await is_seen(page, 1)
    await looked_at(page, f"{name}-confirm")
    await page.click("main form[action*='/refunds'] button")
    await page.wait_for_url("**/pages/refunds/*")
    found = re.search("rf_[0-9a-f]+", page.url)
    assert found is not None
    return found[0]


async def choose_a_picture(page: Page) -> None:
    """Choose a large one, as from a camera: it is made smaller before it is sent."""
    large = as_file(photograph(1, (1600, 1200)), "PNG")
    await page.set_input_files("#pictures", {"name": "scratch.png", "mimeType": "image/png", "buffer": large})
    await until(page, "document.querySelector('#pictures').files[0].name === 'scratch.jpg'")
    size = await page.evaluate("document.querySelector('#pictures').files[0].size")
    assert 0 < size < len(large)


async def until(page: Page, what: str) -> None:
    """Wait for something of the page; it is asked again from outside, as the page's policy forbids what evaluates."""
    async with asyncio.timeout(IN_TIME_S):
        while not await page.evaluate(what):  # noqa: ASYNC110 - the page tells nobody
            await asyncio.sleep(0.1)


async def is_seen(page: Page, many: int) -> None:
    await expect(page.locator(".pictures img")).to_have_count(many)
    await until(page, "[...document.querySelectorAll('.pictures img')].every((each) => each.naturalWidth > 0)")


async def scanned(page: Page) -> str:
    """Read the QR code on the page, as a camera sees it; once more where the page renewed itself meanwhile."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            with suppress(PlaywrightError):
                code = zxingcpp.read_barcode(opened(await page.locator(".qr svg").first.screenshot()))
                assert code is not None
                return str(code.text)


async def test_a_guest_in_chinese_on_a_phone_gets_a_refund_in_three_clicks_and_sees_it_move(
    shop: Shop, stack: Stack, chromium: Browser, mail: MailServer
) -> None:
    await a_guests_order(shop)
    async with a_phone(chromium, stack, "zh-CN") as page:
        await let_in(page, shop, mail)
        refund_id = await asked(page, "zh")
        await expect(page.locator(".headline")).to_have_text("正在审核您的申请")
        await page.evaluate("window.isTheSamePage = true")
        await looked_at(page, "zh-story")

        await shop.until_judged({"refund_id": refund_id})
        await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "approve"})
        await expect(page.locator(".headline")).to_have_text("请寄回商品")
        await page.reload()
        await page.evaluate("window.isTheSamePage = true")
        await looked_at(page, "zh-return")
        assert await scanned(page) == (await shop.merchant.get(f"/v1/refunds/{refund_id}"))["return"]["rma"]
        await page.fill("#carrier", "顺丰")

        await shop.warehouse.post(f"/v1/refunds/{refund_id}/receipt", {})
        await shop.warehouse.post(f"/v1/refunds/{refund_id}/inspection", {})
        await expect(page.locator(".headline")).to_have_text("退款已完成")
        assert await page.evaluate("window.isTheSamePage")
        await page.reload()
        await page.check("input[name=score][value='5']")
        await looked_at(page, "zh-done")
        await page.set_viewport_size(DESKTOP)
        await looked_at(page, "zh-done-desktop")
        await page.click("main form[action*='/feedback'] button")
        await expect(page.locator("#feedback + .notice")).to_contain_text("5")


async def test_a_page_whose_connection_was_lost_comes_back_by_itself(
    shop: Shop, stack: Stack, chromium: Browser, mail: MailServer
) -> None:
    await a_guests_order(shop)
    async with a_phone(chromium, stack, "en") as page:
        await let_in(page, shop, mail)
        refund_id = await asked(page, "en")
        await shop.until_judged({"refund_id": refund_id})

        stack.kill("api")
        await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "reject", "note": "no"})

        await expect(page.locator(".headline")).to_have_text("The request was rejected")
        await looked_at(page, "en-rejected")


async def test_without_a_script_a_refund_is_asked_for_all_the_same(shop: Shop, stack: Stack, chromium: Browser) -> None:
    await a_guests_order(shop)
    origin = stack.description.pages["customer"].removesuffix("/pages/")
    context = await chromium.new_context(base_url=origin, viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(IN_TIME_S * 1000)
    page = await context.new_page()
    await page.goto(f"/pages/?merchant={shop.merchant_id}")
    await page.locator("summary").click()
    await page.fill("#key-order", "o1")
    await page.fill("#key", shop.keys[Role.MERCHANT])
    await page.click("main form[action^='/pages/keys'] button")
    await page.fill("#units-1", "2")
    await page.click("main form[action$='/why'] button")
    await page.check("input[value=changed_mind]")
    await page.click("#asking button")
    await page.click("main form[action*='/refunds'] button")

    await expect(page.locator("noscript a")).to_be_visible()
    assert len((await shop.merchant.get("/v1/refunds", order_id="o1"))["items"]) == 1
    await context.close()


async def test_a_passkey_made_on_a_phone_opens_the_order_the_next_time(
    shop: Shop, stack: Stack, chromium: Browser, mail: MailServer
) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("anna")})
    await shop.order()
    async with a_phone(chromium, stack, "en") as page:
        await with_an_authenticator(page)
        await let_in(page, shop, mail)
        await page.click("main a[href^='/pages/passkeys']")
        await page.wait_for_url("**/pages/passkeys*")
        await looked_at(page, "en-passkeys")
        await page.click("button[data-passkey]")
        await expect(page.locator("main .notice")).to_contain_text("Your passkey is kept")
        await looked_at(page, "en-passkey-made")
        async with page.expect_navigation():  # one that another page is opened over is not done
            await page.click("footer button")

        await page.goto(f"/pages/?merchant={shop.merchant_id}&order=o1")
        await page.click("button[data-passkey]")
        await page.wait_for_url("**/pages/orders/o1?*")


async def test_a_link_of_the_shop_opens_by_itself(shop: Shop, stack: Stack, chromium: Browser) -> None:
    await shop.order()
    link = await shop.merchant.post("/v1/orders/o1/page/links", {})
    async with a_phone(chromium, stack, "zh-CN") as page:
        await page.goto(link["url"])
        await page.wait_for_url("**/pages/orders/o1?*")


async def with_an_authenticator(page: Page) -> None:
    """A device that knows its owner's finger."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, "isUserVerified": True}})
