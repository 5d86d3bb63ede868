"""A shop hands its customer over to our pages, by a link that is good once; a letter leads there by a code."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, update

from db.api_keys import Role
from db.schema import identity_codes
from tests.messages.mail_server import MailServer
from tests.shop import IN_TIME_S, Shop
from tests.web.browser import Browser, Seen
from tests.web.guests import ORDER, a_guests_order, browser_of, let_in, refund_of


async def a_link(shop: Shop, order_id: str = "o1") -> str:
    made = await shop.merchant.post(f"/v1/orders/{order_id}/page/links", {})
    return str(made["url"])


async def follow(browser: Browser, link: str) -> Seen:
    return await browser.send(await browser.open(link), "/pages/enter")


def is_refused(seen: Seen) -> bool:
    """Whether somebody stands at the door, with their order's number there already."""
    is_told = seen.status in (401, 422) and "used already, or it is too old" in seen.text
    return is_told and seen.form("/pages/codes").fields["order"] == "o1"


async def test_a_link_of_the_shop_opens_its_order_and_no_other(shop: Shop) -> None:
    await a_guests_order(shop)
    await a_guests_order(shop, "o2")
    browser = browser_of(shop)

    order = await follow(browser, await a_link(shop))
    other = await browser.open(f"/pages/orders/o2?merchant={shop.merchant_id}")

    assert "Order o1" in order.text and "Kettle" in order.text and other.status == 404
    assert urlsplit(order.address).path == ORDER and "link=" not in order.address
    guest = (await shop.merchant.get("/v1/orders/o1"))["guest"]
    assert guest["email"] == shop.address_of("anna")


async def test_a_letter_leads_to_the_page_of_its_refund_by_a_code(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    refund = await shop.refund(reason="changed_mind")

    link = urlsplit(await link_that_came(mail))
    seen = await let_in(shop, browser_of(shop), mail, address=f"{link.path}?{link.query}")

    assert link.netloc.startswith("localhost:") and refund_of(seen) == refund["refund_id"]


async def link_that_came(mail: MailServer) -> str:
    """Wait for a letter, and return the address in it."""
    async with asyncio.timeout(IN_TIME_S):
        while not mail.letters:
            mail.met.clear()
            await mail.met.wait()
    body = mail.letters[0].get_body(("plain",))
    assert body is not None
    return str(re.findall(r"http://\S+", str(body.get_content()))[0])


async def test_a_link_of_an_account_shows_one_order_of_it(shop: Shop) -> None:
    await shop.order("o1")
    await shop.order("o2")
    browser = browser_of(shop)

    order = await follow(browser, await a_link(shop))
    other = await browser.open(f"/pages/orders/o2?merchant={shop.merchant_id}")

    assert "Order o1" in order.text and other.status == 404
    audited = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    actions = {each["action"] for each in audited}
    assert {"page_link_made", "session_opened"} <= actions


async def test_a_link_lets_one_browser_in_however_many_open_it_at_once(shop: Shop) -> None:
    await a_guests_order(shop)
    link = await a_link(shop)
    waiting = [(browser, await browser.open(link)) for browser in (browser_of(shop) for _ in range(5))]

    opened = await asyncio.gather(*(browser.send(seen, "/pages/enter") for browser, seen in waiting))
    later = await follow(browser_of(shop), link)

    assert len([each for each in opened if "Kettle" in each.text]) == 1
    assert len([each for each in opened if is_refused(each)]) == 4 and is_refused(later)


async def test_what_is_forged_or_too_old_opens_nothing(shop: Shop, other_shop: Shop) -> None:
    await a_guests_order(shop)
    link = await a_link(shop)
    (token,) = parse_qs(urlsplit(link).query)["link"]
    code_id, _, code = token.partition(".")
    forged = [f"{code_id}.{code[:-2]}aa", f"{code_id}.123456", f"cod_0.{code}", code_id, ""]

    refused = [await follow(browser_of(shop), link.replace(token, each)) for each in forged]
    async with shop.engine.begin() as connection:
        aged = update(identity_codes).where(identity_codes.c.code_id == code_id)
        await connection.execute(aged.values(expires_at=func.now() - timedelta(seconds=1)))
    too_old = await follow(browser_of(shop), link)
    elsewhere = await other_shop.raw(Role.MERCHANT, "POST", "/v1/orders/o1/page/links")

    assert all(is_refused(each) for each in refused) and is_refused(too_old)
    assert elsewhere.status_code == 404


async def test_a_link_is_not_used_up_by_what_only_looks_at_it(shop: Shop) -> None:
    await a_guests_order(shop)
    link = await a_link(shop)

    looked = await browser_of(shop).open(link)
    order = await follow(browser_of(shop, "zh-CN"), link)

    assert "Kettle" not in looked.text and "订单 o1" in order.text
