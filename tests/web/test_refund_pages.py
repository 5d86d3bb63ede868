"""A refund's page is told in the language it is read in, with what was sent to its customer, and to nobody else."""

from tests.shop import Shop
from tests.web.browser import Browser, Seen
from tests.web.guests import ORDER, browser_of


async def with_a_key(shop: Shop, customer_id: str, language: str = "en", **wanted: str) -> tuple[Browser, Seen]:
    """Let somebody in by a key that the shop has for them."""
    browser = browser_of(shop, language)
    query = "".join(f"&{name}={value}" for name, value in wanted.items())
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}{query}")
    return browser, await browser.send(door, "/pages/keys", key=await shop.customer_key(customer_id))


async def test_figures_are_explained_in_the_language_of_the_page(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"locale": "en"})
    await shop.order()
    browser, order = await with_a_key(shop, shop.customer_id, "zh-CN", order="o1")
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})
    confirm = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue")
    asked = {"order_id": "o1", "reason": "quality_issue", "lines": [{"line_id": "l1", "quantity": 1}]}

    in_english = await shop.merchant.post("/v1/refunds/quote", asked)
    in_chinese = await shop.merchant.post("/v1/refunds/quote?locale=zh", asked)
    in_neither = await shop.merchant.post("/v1/refunds/quote?locale=tlh", asked)

    texts = [[each["text"] for each in quote["explanations"]] for quote in (in_english, in_chinese, in_neither)]
    assert texts[0] == texts[2] and not set(texts[0]) & set(texts[1])
    assert all(" ".join(text.split()) in confirm.text for text in texts[1])
    assert in_english["total"] == in_chinese["total"]


async def test_what_was_sent_to_the_customer_stands_on_the_page_with_the_number_to_scan(shop: Shop) -> None:
    await shop.lenient_policy()
    await shop.order()
    refund = await shop.refund(kind="return", reason="changed_mind")
    waiting = await shop.until(refund, "awaiting_return")
    await shop.until_told("return label")
    told = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}/messages"))["items"]

    _, seen = await with_a_key(shop, shop.customer_id, refund=refund["refund_id"])

    assert told and all(" ".join(each["body"].split()) in seen.text for each in told)
    assert waiting["return"]["rma"] in seen.text
    scanned = [said["aria-label"] for tag, said in seen.tags if tag == "div" and "aria-label" in said]
    assert f"QR code of the return number {waiting['return']['rma']}" in scanned


async def test_who_got_it_as_a_gift_sees_what_is_theirs_and_nothing_of_the_giver(shop: Shop) -> None:
    await shop.lenient_policy()
    await shop.order(points_earned=500)
    refund = await shop.approved_refund(reason="changed_mind", beneficiary="mei")

    browser, seen = await with_a_key(shop, "mei", refund=refund["refund_id"])
    order = await browser.open(f"{ORDER}?merchant={shop.merchant_id}")
    _, stranger = await with_a_key(shop, "hanmeimei", refund=refund["refund_id"])

    assert seen.status == 200 and "Done: you have been made whole" in seen.text
    assert "Back to the order" not in seen.text and "500" not in seen.text
    assert order.status == 404 and "This key does not open this order" in stranger.text
