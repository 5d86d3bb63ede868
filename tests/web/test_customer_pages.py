"""A guest with an order's number gets a refund in three clicks, and follows it: on pages, without a script."""

import asyncio

import pytest

from db.api_keys import Role
from tests.messages.mail_server import MailServer
from tests.shop import Shop, a_line
from tests.web.guests import ORDER, a_guests_order, browser_of, let_in, refund_of, three_clicks
from tools.client import Json

HOSTILE = "<script>alert(1)</script> {0} {key} 🦄 rtl \" ' &amp; שלום"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Order o1", "Why do you give it back?", "¥600.00", "Ask for this refund", "Your refund of order o1")),
        ("zh-CN", ("订单 o1", "为什么要退？", "¥600.00", "确认申请退款", "订单 o1 的退款")),
    ],
)
async def test_a_guest_gets_a_refund_in_three_clicks(
    shop: Shop, mail: MailServer, language: str, words: tuple[str, ...]
) -> None:
    await shop.lenient_policy()
    await a_guests_order(shop)
    browser = browser_of(shop, language)

    order = await let_in(shop, browser, mail)
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})
    quoted = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue", note="it leaks")
    story = await browser.send(quoted, f"{ORDER}/refunds")

    assert words[0] in order.text and "Kettle" in order.text and shop.address_of("anna") not in order.html
    assert words[1] in why.text and words[2] in quoted.text and words[3] in quoted.text
    assert words[4] in story.text and {each.language for each in (order, why, quoted, story)} == {language}
    refund = await shop.merchant.get(f"/v1/refunds/{refund_of(story)}")
    assert (refund["lines"][0]["quantity"], refund["note"], refund["total"]) == (1, "it leaks", 600_00)


async def test_a_form_that_is_sent_twice_asks_for_one_refund(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    order = await let_in(shop, browser, mail)
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "2", "units:l2": "1"})
    confirm = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue")

    once, twice = await asyncio.gather(*(browser.send(confirm, f"{ORDER}/refunds") for _ in range(2)))
    later = await browser.send(confirm, f"{ORDER}/refunds")

    assert refund_of(once) == refund_of(twice) == refund_of(later)
    assert len((await shop.merchant.get("/v1/refunds", order_id="o1"))["items"]) == 1


async def test_nobody_sees_an_order_that_is_not_theirs(shop: Shop, other_shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop, "o1")
    await shop.order("o2")
    others = await shop.refund("o2")
    await other_shop.order("o3")
    browser = browser_of(shop)
    await let_in(shop, browser, mail)
    at_shop = f"?merchant={shop.merchant_id}"

    foreign = [
        await browser.open(f"/pages/{path}{at_shop}")
        for path in ("orders/o2", "orders/o3", "orders/nothing", "orders/o2/why", f"refunds/{others['refund_id']}")
    ]
    stranger = await browser_of(shop).open(f"/pages/refunds/{others['refund_id']}{at_shop}&order=o2")

    assert {each.status for each in foreign} == {404} and len({each.text for each in foreign}) == 1
    assert "/pages/?" in stranger.address and stranger.form("/pages/codes").fields["order"] == "o2"


async def test_a_link_that_is_opened_much_later_leads_back_to_the_refund_by_a_new_code(
    shop: Shop, mail: MailServer
) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    story = await three_clicks(browser, await let_in(shop, browser, mail))
    await shop.merchant.post(f"/v1/refunds/{refund_of(story)}/cancel", {})
    await shop.until({"refund_id": refund_of(story)}, "cancelled")
    mail.letters.clear()

    seen = await let_in(shop, browser_of(shop), mail, address=story.address)

    assert refund_of(seen) == refund_of(story) and "Everything is as it was before" in seen.text


async def test_a_form_changes_nothing_without_its_token_or_from_another_page(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    await let_in(shop, browser, mail)
    why = await browser.open(f"{ORDER}/why?merchant={shop.merchant_id}&units:l1=1")
    fields = {**why.form(f"{ORDER}/confirm").fields, "reason": "quality_issue"}
    stolen = {**fields, "form_token": "0" * 64}

    refused = [
        await browser.post(f"{ORDER}/refunds", {name: said for name, said in fields.items() if name != "form_token"}),
        await browser.post(f"{ORDER}/refunds", stolen),
        await browser.post(f"{ORDER}/refunds", fields, **{"Sec-Fetch-Site": "cross-site"}),
        await browser.post(f"{ORDER}/refunds", fields, **{"Sec-Fetch-Site": "", "Origin": "https://evil.example"}),
        await browser.post(
            "/pages/codes", {"merchant": shop.merchant_id, "order": "o1", "contact": shop.address_of("anna")}
        ),
        await browser.post("/pages/leave", {}),
    ]

    assert [each.status for each in refused] == [403] * 6 and "Nothing was changed" in refused[0].text
    assert (await shop.merchant.get("/v1/refunds", order_id="o1"))["items"] == []
    assert (await browser.open(f"{ORDER}?merchant={shop.merchant_id}")).status == 200


async def test_a_customers_cookie_reads_refunds_of_the_api_and_writes_nothing(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    refund_id = refund_of(await three_clicks(browser, await let_in(shop, browser, mail), reason="changed_mind"))
    cookie = {"Cookie": f"__Host-makewhole-customer={browser.cookies['__Host-makewhole-customer']}"}

    async with shop.http.stream("GET", f"/v1/refunds/{refund_id}/events", headers=cookie) as live:
        first = await anext(each async for each in live.aiter_lines() if each.startswith("data:"))
    cancelled = await shop.http.post(f"/v1/refunds/{refund_id}/cancel", headers=cookie, json={})
    elsewhere = await shop.http.get("/v1/orders/o1/page", headers=cookie)

    assert (live.status_code, '"requested"' in first) == (200, True)
    assert (cancelled.status_code, elsewhere.status_code) == (401, 401)


async def test_what_people_write_is_shown_as_they_wrote_it(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop, lines=[a_line("l1", quantity=2, unit_price=600_00, name=HOSTILE)])
    browser = browser_of(shop)

    order = await let_in(shop, browser, mail)
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})
    faulty = await browser.send(why, f"{ORDER}/confirm", note=HOSTILE)
    confirm = await browser.send(faulty, f"{ORDER}/confirm", reason="quality_issue")
    story = await browser.send(confirm, f"{ORDER}/refunds")

    assert HOSTILE in order.text and HOSTILE in confirm.text
    assert (faulty.status, faulty.form(f"{ORDER}/confirm").fields["note"]) == (422, HOSTILE)
    assert all(tag != "script" or "src" in said for each in (order, why, confirm, story) for tag, said in each.tags)
    assert (await shop.merchant.get(f"/v1/refunds/{refund_of(story)}"))["note"] == HOSTILE


async def test_a_note_that_is_too_long_comes_back_whole_with_what_is_wrong_beside_it(
    shop: Shop, mail: MailServer
) -> None:
    await a_guests_order(shop)
    browser, note = browser_of(shop), "长" * 5_000
    why = await browser.send(await let_in(shop, browser, mail), f"{ORDER}/why", **{"units:l1": "1"})

    faulty = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue", note=note)

    assert (faulty.status, faulty.form(f"{ORDER}/confirm").fields["note"]) == (422, note)
    assert "At most 2,000 characters" in faulty.text


async def test_an_order_whose_number_has_a_slash_has_its_page(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop, "INV/1 ä")
    browser = browser_of(shop)

    order = await let_in(shop, browser, mail, "INV/1 ä")
    why = await browser.send(order, "/pages/orders/INV%2F1%20%C3%A4/why", **{"units:l1": "1"})

    assert "Order INV/1 ä" in order.text and why.status == 200


async def test_what_was_typed_wrong_is_said_at_its_field_and_nothing_is_lost(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}")

    unfit = await browser.send(door, "/pages/codes", order="o1", contact="nobody")
    order = await let_in(shop, browser, mail)
    too_many = await browser.send(order, f"{ORDER}/why", **{"units:l1": "3", "units:l2": "x"})
    none = await browser.send(order, f"{ORDER}/why")

    assert (unfit.status, unfit.form("/pages/codes").fields["contact"]) == (422, "nobody")
    assert ("contact-fault", "true") in [
        (said.get("aria-describedby", "").split(" ")[0], said.get("aria-invalid")) for _, said in unfit.tags
    ]
    assert "At most 2 can come back" in too_many.text and "Please write a number" in too_many.text
    assert too_many.form(f"{ORDER}/why").fields["units:l1"] == "3"
    assert "Say at least of one thing" in none.text


async def test_a_return_is_sent_called_off_and_judged_on_its_page(shop: Shop, mail: MailServer) -> None:
    await shop.lenient_policy()
    await a_guests_order(shop)
    browser = browser_of(shop)
    at = refund_of(await three_clicks(browser, await let_in(shop, browser, mail), reason="changed_mind"))
    refund: Json = {"refund_id": at}
    await shop.until(refund, "awaiting_return")
    address = f"/pages/refunds/{at}?merchant={shop.merchant_id}&order=o1"

    waiting = await browser.open(address)
    lacking = await browser.send(waiting, f"/pages/refunds/{at}/shipment", carrier="SF Express")
    sent = await browser.send(lacking, f"/pages/refunds/{at}/shipment", tracking_number="SF1")
    off = await browser.send(sent, f"/pages/refunds/{at}/cancel")
    await shop.until(refund, "cancelled")
    over = await browser.open(address)
    starless = await browser.send(over, f"/pages/refunds/{at}/feedback", comment="quick")
    judged = await browser.send(starless, f"/pages/refunds/{at}/feedback", score="4")

    assert (
        "Please send it back" in waiting.text
        and (await shop.merchant.get(f"/v1/refunds/{at}"))["return"]["rma"] in waiting.text
    )
    assert lacking.form(f"/pages/refunds/{at}/shipment").fields["carrier"] == "SF Express"
    assert "SF1" in sent.text and off.status == 200
    assert "Everything is as it was before" in over.text and starless.status == 422
    assert "4 of 5 stars" in judged.text
    assert (await shop.merchant.get(f"/v1/refunds/{at}"))["feedback"]["comment"] == "quick"


async def test_the_order_page_tells_the_state_of_every_entitlement(shop: Shop, mail: MailServer) -> None:
    coupon = {"customer_id": None, "name": "Autumn sale", "amount": 50_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/cpn-1", coupon)
    gift = a_line("g1", unit_price=0, name="Tea strainer", gift=True, gift_value=20_00)
    lines = [a_line("l1", quantity=2, unit_price=600_00, name="Kettle"), gift]
    used = [{"source": "coupon", "id": "cpn-1", "amount": 50_00}]
    await a_guests_order(shop, lines=lines, discounts=used, points_earned=500)
    browser = browser_of(shop)

    order = await let_in(shop, browser, mail)

    for words in ("Coupon Autumn sale", "500 points earned", "Gift: Tea strainer", "1 with you"):
        assert words in order.text, words


async def test_who_has_a_key_of_the_shop_needs_no_code(shop: Shop) -> None:
    await shop.order()
    browser = browser_of(shop)
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}")

    wrong = await browser.send(door, "/pages/keys", order="o1", key="mk_nobody_has_this")
    reviewers = await browser.send(door, "/pages/keys", order="o1", key=shop.keys[Role.REVIEWER])
    order = await browser.send(door, "/pages/keys", order="o1", key=await shop.customer_key("lilei"))
    left = await browser.send(order, "/pages/leave")

    assert "does not open this order" in wrong.text and "does not open this order" in reviewers.text
    assert "Order o1" in order.text
    assert left.form("/pages/codes") and "__Host-makewhole-customer" not in browser.cookies


async def test_who_may_not_ask_for_refunds_is_told_so_before_and_can_say_what_speaks_against_it(shop: Shop) -> None:
    await shop.order()
    await shop.ops.post("/v1/customers/lilei/suspension", {"reason": "many empty parcels"})
    browser = browser_of(shop)
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}")
    order = await browser.send(door, "/pages/keys", order="o1", key=await shop.customer_key("lilei"))
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})

    confirm = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue")
    refused = await browser.send(confirm, f"{ORDER}/refunds")
    thanked = await browser.send(confirm, f"{ORDER}/appeal", appeal="The parcels were full.")
    again = await browser.send(why, f"{ORDER}/confirm", reason="quality_issue")

    assert "You cannot ask for refunds at the moment" in confirm.text and refused.status == 422
    assert "Somebody of ours reads what you said" in thanked.text and "what speaks against it" in again.text
    rights = await shop.merchant.get("/v1/customers/lilei/suspension")
    assert rights["refund_rights"]["appeal"]["note"] == "The parcels were full."


async def test_pages_may_do_nothing_but_what_they_are_for_and_are_small(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    order = await let_in(shop, browser, mail)
    why = await browser.send(order, f"{ORDER}/why", **{"units:l1": "1"})
    story = await three_clicks(browser, order)

    for seen in (order, why, story, await browser.open("/pages/"), await browser.open("/pages/nothing")):
        policy = seen.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert seen.headers["cache-control"] == "no-store" and seen.headers["x-content-type-options"] == "nosniff"
        assert not [said for tag, said in seen.tags if "style" in said or any(each.startswith("on") for each in said)]
        assert not [tag for tag, said in seen.tags if tag == "style" or (tag == "script" and "src" not in said)]
        files = [said.get("src") or said["href"] for tag, said in seen.tags if tag in ("script", "link")]
        loaded = [await shop.http.get(each) for each in files]
        assert {each.headers["cache-control"] for each in loaded} == {"public, max-age=31536000, immutable"}
        assert len(seen.html) + sum(len(each.content) for each in loaded) < 100_000
    assert all(
        each.startswith("__Host-") and "Secure" in each and "HttpOnly" in each and "SameSite=lax" in each
        for each in browser.set_cookies
    )
