"""Staff's pages in a real browser: by keyboard alone, two at once, with gloves on a phone, and looked at by axe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, ViewportSize, expect

from db.api_keys import Role
from tests.api.test_reviews import waiting
from tests.shop import ANYTHING, IN_TIME_S, Shop, a_line
from tests.system.looking import DESK, EACH_LANGUAGE_AND_SIZE, PHONE, looked_at
from tools.client import Json
from tools.stack.stack import Stack

LEAST_PX = 48


@asynccontextmanager
async def at_work(
    chromium: Browser, stack: Stack, key: str, room: str, language: str = "en", size: ViewportSize = DESK
) -> AsyncIterator[Page]:
    """Somebody of the staff, signed in by typing their key; whatever the console complains of is a fault."""
    origin = stack.description.pages["customer"].removesuffix("/pages/")
    context = await chromium.new_context(base_url=origin, viewport=size, locale=language)
    context.set_default_timeout(IN_TIME_S * 1000)
    page, complaints = await context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"/pages/{room}")
    await page.focus("#key")
    await page.keyboard.type(key)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/pages/{room}")
    yield page
    await context.close()
    assert [each for each in complaints if "status of 4" not in each] == []


def of_refund(room: str, refund: Json) -> str:
    return f"/pages/{room}/refunds/{refund['refund_id']}"


async def test_a_refund_is_judged_by_keyboard_alone(shop: Shop, stack: Stack, chromium: Browser) -> None:
    refund = await waiting(shop)
    async with at_work(chromium, stack, shop.keys[Role.REVIEWER], "desk") as page:
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_be_visible()
        await looked_at(page, "keys")
        await page.keyboard.press("Escape")
        for key in ("j", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url(f"**{of_refund('desk', refund)}")
        await page.keyboard.press("t")
        await expect(page.locator(".decide form[action$='/back']")).to_be_visible()
        await page.wait_for_load_state()  # its keys are its script's
        await page.keyboard.press("r")
        await expect(page.locator("input[name=reason_code]").first).to_be_focused()
        await page.keyboard.press("a")
        await expect(page.locator("button[value=approve]")).to_be_focused()
        assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["review"] is None
        await page.keyboard.press("Enter")

        await expect(page.locator("[role=status]")).to_contain_text("Approved")
    assert (await shop.until(refund, "completed"))["review"]["by"] == "reviewer"


async def test_two_reviewers_at_once_do_not_judge_the_same(shop: Shop, stack: Stack, chromium: Browser) -> None:
    refund = await waiting(shop)
    jims = (await shop.owner.post("/v1/api-keys", {"role": "reviewer", "person": "jim"}))["key"]
    async with (
        at_work(chromium, stack, shop.keys[Role.REVIEWER], "desk") as hans,
        at_work(chromium, stack, jims, "desk") as jim,
    ):
        await jim.goto(of_refund("desk", refund))
        await hans.click("form[action='/pages/desk/begin'] button")
        await hans.wait_for_url(f"**{of_refund('desk', refund)}")

        await jim.click("button[value=approve]")
        await expect(jim.locator("[role=alert]")).to_contain_text("is at this review until")
        await expect(jim.locator("button[value=approve]")).to_have_count(0)
        await hans.click("button[value=approve]")
        await expect(hans.locator("[role=status]")).to_contain_text("Approved")


async def test_safe_ones_are_approved_together_by_keyboard_alone_and_others_see_it_happen(
    shop: Shop, stack: Stack, chromium: Browser
) -> None:
    first, second = await waiting(shop, "o1"), await waiting(shop, "o2")
    jims = (await shop.owner.post("/v1/api-keys", {"role": "reviewer", "person": "jim"}))["key"]
    async with (
        at_work(chromium, stack, shop.keys[Role.REVIEWER], "desk") as hans,
        at_work(chromium, stack, jims, "desk", "zh-CN", PHONE) as jim,
    ):
        await jim.goto(of_refund("desk", first))
        await hans.keyboard.press("s")
        await hans.wait_for_url("**/desk/together")
        await hans.locator("input[type=checkbox]").last.focus()
        for key in ("Tab", "Tab", "Enter"):
            await hans.keyboard.press(key)
        await expect(hans.locator("main form button.big")).to_be_focused()  # which the page before has not
        await looked_at(hans, "together-confirm")
        await hans.keyboard.press("Enter")

        await expect(hans.locator("#approved")).to_have_text("2 approved")
        await looked_at(hans, "together-done")
        await expect(jim.locator("main [role=status]")).to_contain_text("有了新的进展")
    for refund in (first, second):
        assert (await shop.until(refund, "completed"))["review"]["by"] == "reviewer"


async def test_with_gloves_on_a_phone_a_parcel_is_scanned_received_and_inspected(
    shop: Shop, stack: Stack, chromium: Browser
) -> None:
    await shop.order(lines=[{**a_line("l1", quantity=2, unit_price=600_00), "name": "Kettle"}])
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    key = shop.keys[Role.WAREHOUSE]
    async with at_work(chromium, stack, key, "warehouse", "zh-CN", PHONE) as page:
        await expect(page.locator("#rma")).to_be_focused()
        await page.keyboard.type(refund["return"]["rma"])
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{of_refund('warehouse', refund)}")
        for button in await page.locator("main .button:visible, main summary:visible").all():
            box = await button.bounding_box()
            assert box is not None and box["height"] >= LEAST_PX
        await expect(page.locator("form[action$='/receipt'] button").first).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**?done=received")
        await expect(page.locator("form[action$='/inspection'] button").first).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/pages/warehouse?done=inspected")
        await expect(page.locator("#rma")).to_be_focused()
    assert (await shop.until(refund, "completed"))["total"] == 1_200_00


async def test_a_scanner_finds_the_next_parcel_wherever_the_focus_is_and_presses_no_button(
    shop: Shop, stack: Stack, chromium: Browser
) -> None:
    awaited, here = await two_parcels(shop)
    async with at_work(chromium, stack, shop.keys[Role.WAREHOUSE], "warehouse") as page:
        await expect(page.locator("#rma")).to_be_focused()
        await page.evaluate("document.activeElement.blur()")
        await scan(page, "SF 1234 5678 9012")
        await expect(page.locator("#rma-fault")).to_be_visible()
        await expect(page.locator("#rma")).to_be_focused()
        await scan(page, awaited["return"]["rma"])
        await page.wait_for_url(f"**{of_refund('warehouse', awaited)}")
        await expect(page.locator("button[autofocus]")).to_be_focused()
        await page.locator("details", has=page.locator("#lost-note")).locator("summary").click()
        await page.locator("#lost-note").focus()
        await scan(page, here["return"]["rma"])
        await expect(page.locator("#lost-note")).to_have_value(here["return"]["rma"])
        await expect(page.locator("form[action$='/loss'] button")).to_be_focused()
        await scan(page, here["return"]["rma"])
        await page.wait_for_url(f"**{of_refund('warehouse', here)}")
    assert (await shop.warehouse.get(f"/v1/refunds/{awaited['refund_id']}"))["status"] == "awaiting_return"


async def scan(page: Page, code: str) -> None:
    """A scanner types what it reads, and presses Enter."""
    await page.wait_for_load_state()
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")


@EACH_LANGUAGE_AND_SIZE
async def test_axe_finds_nothing_on_any_page_of_staff(
    shop: Shop, stack: Stack, chromium: Browser, language: str, size: ViewportSize
) -> None:
    asks, (awaited, here), stuck = await waiting(shop), await two_parcels(shop), await one_stuck(shop)
    pages = {
        Role.REVIEWER: [
            "desk",
            "desk/together",
            of_refund("desk", asks)[7:],
            of_refund("desk", here)[7:],
            "operations",
            "staff",
        ],
        Role.WAREHOUSE: ["warehouse", *(of_refund("warehouse", each)[7:] for each in (awaited, here))],
        Role.OPS: [
            *(f"operations{each}" for each in ("", "/pace", "/alerts", "/events", "/books", "/settlements", "/audit")),
            of_refund("operations", stuck)[7:],
        ],
        Role.OWNER: ["operations/keys", "operations/sign-in"],
    }
    for role, paths in pages.items():
        room = paths[0].partition("/")[0]
        async with at_work(chromium, stack, shop.keys[role], room, language, size) as page:
            for path in paths:
                await page.goto(f"/pages/{path}")
                for each in await page.locator("main details").all():
                    await each.evaluate("(element) => { element.open = true; }")
                name = path.replace("/refunds/", "-").replace("/", "-")
                name = name.replace(asks["refund_id"], "asked").replace(here["refund_id"], "here")
                await looked_at(page, f"{language}-{size['width']}-{name.replace(awaited['refund_id'], 'awaited')}")
    assert stuck["needs_attention"]


async def two_parcels(shop: Shop) -> tuple[Json, Json]:
    """A return that is awaited, and one that is here."""
    lines = [{**a_line("l1", quantity=2, unit_price=600_00), "name": "Kettle"}]
    refunds = []
    for order_id in ("o2", "o3"):
        await shop.order(order_id, lines=lines)
        refunds.append(await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return"))
    await shop.warehouse.post(f"/v1/refunds/{refunds[1]['refund_id']}/receipt", {})
    return refunds[0], refunds[1]


async def one_stuck(shop: Shop) -> Json:
    await shop.order("o4")
    await shop.behave("ch-o4", "decline")
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    return await shop.until_noticed(await shop.refund("o4"))
