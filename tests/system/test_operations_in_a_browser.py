"""Operations' policy, reports and connections in a real browser: by keyboard, on a phone, and looked at by axe."""

from playwright.async_api import Browser, ViewportSize, expect

from db.api_keys import Role
from tests.shop import Shop, a_line
from tests.system.looking import EACH_LANGUAGE_AND_SIZE, looked_at
from tests.system.test_staff_in_a_browser import at_work
from tools.stack.stack import Stack


async def some_refunds(shop: Shop) -> None:
    """One paid, one rejected, one that turned out malicious."""
    for order_id, price in (("small", 20_00), ("large", 150_00), ("bad", 80_00)):
        await shop.order(order_id, lines=[a_line("l1", unit_price=price)])
    await shop.approved_refund("small")
    for order_id, decision in (("large", "reject"), ("bad", "approve")):
        refund = await shop.until_judged(await shop.refund(order_id, reason="changed_mind", kind="return"))
        await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": decision})
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{path}/receipt", {})
    worn = {"line_id": "l1", "accepted": 0, "rejected": 1, "note": "bricks"}
    await shop.warehouse.post(f"{path}/inspection", {"lines": [worn]})
    await shop.until(refund, "rejected")


@EACH_LANGUAGE_AND_SIZE
async def test_the_policy_is_changed_by_keyboard_tried_and_saved(
    shop: Shop, stack: Stack, chromium: Browser, language: str, size: ViewportSize
) -> None:
    await some_refunds(shop)
    async with at_work(chromium, stack, shop.keys[Role.OPS], "operations", language, size) as page:
        await page.goto("/pages/operations/policy")
        await looked_at(page, f"{language}-{size['width']}-policy")
        await page.focus("[id='auto_approve.max_risk']")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("101")
        await page.keyboard.press("Enter")
        await expect(page.locator("[id='auto_approve.max_risk-fault']")).to_be_visible()
        await looked_at(page, f"{language}-{size['width']}-policy-fault")
        await page.locator("[name='auto_approve.reasons.changed_mind']").check()
        await page.fill("[id='auto_approve.max_risk']", "69")
        await page.fill("[name='row.0.name']", "dear things")
        await page.select_option("[name='row.0.0.fact']", "amount")
        await page.select_option("[name='row.0.0.how']", "at_least")
        await page.fill("[name='row.0.0.value']", "10000")
        await page.keyboard.press("Enter")
        await expect(page.locator("#trial-card")).to_be_visible()
        await looked_at(page, f"{language}-{size['width']}-policy-trial")
        await page.locator("#trial-card button[formaction]").click()
        await page.wait_for_url("**?done=saved")
    assert (await shop.ops.get("/v1/policy"))["review_table"][0]["name"] == "dear things"


@EACH_LANGUAGE_AND_SIZE
async def test_reports_are_read_on_a_page(
    shop: Shop, stack: Stack, chromium: Browser, language: str, size: ViewportSize
) -> None:
    await some_refunds(shop)
    paid = (await shop.ops.get("/v1/refunds", order_id="small"))["items"][0]["refund_id"]
    await shop.merchant.post(f"/v1/refunds/{paid}/feedback", {"score": 2, "comment": "slow"})
    async with at_work(chromium, stack, shop.keys[Role.OPS], "reports", language, size) as page:
        await expect(page.locator("figure.chart").first).to_be_visible()
        await looked_at(page, f"{language}-{size['width']}-reports")


@EACH_LANGUAGE_AND_SIZE
async def test_an_owner_connects_on_pages(
    shop: Shop, stack: Stack, chromium: Browser, language: str, size: ViewportSize
) -> None:
    name = f"{language}-{size['width']}"
    async with at_work(chromium, stack, shop.keys[Role.OWNER], "operations", language, size) as page:
        await page.goto("/pages/operations/webhooks")
        await page.fill("#endpoint_id", "shop")
        await page.fill("#url", "https://shop.example/hooks")
        await page.keyboard.press("Enter")
        await expect(page.locator("code.secret")).to_contain_text("whsec_")
        await looked_at(page, f"{name}-webhooks")
        await page.goto("/pages/operations/gateways?adapter=stripe")
        await page.fill("#gateway_id", "cards")
        await page.fill("[id='secret.api_key']", "sk_test_123")
        await page.keyboard.press("Enter")
        await expect(page.locator("[id='secret.webhook_secrets-fault']")).to_be_visible()
        await looked_at(page, f"{name}-gateways")
