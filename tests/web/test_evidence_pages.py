"""Pictures on the customer's pages: sent with plain forms, seen by those whose they are, and by nobody else."""

from db.api_keys import Role
from tests.messages.mail_server import MailServer
from tests.photographs import as_file, opened, photograph, with_a_past
from tests.shop import Shop
from tests.web.browser import Browser, Seen
from tests.web.guests import ORDER, a_guests_order, browser_of, let_in, refund_of, three_clicks
from tools.client import Json

A_PICTURE = with_a_past(photograph(1))


def pictures_on(seen: Seen) -> list[str]:
    return [said["src"] for tag, said in seen.tags if tag == "img"]


async def asked_for_more(shop: Shop, mail: MailServer, browser: Browser) -> str:
    """A refund whose reviewer wants to see more; returns its page."""
    await a_guests_order(shop)
    at = refund_of(await three_clicks(browser, await let_in(shop, browser, mail), reason="changed_mind"))
    await shop.until_judged({"refund_id": at})
    said = {"decision": "request_evidence", "evidence_wanted": ["photo_of_goods"]}
    await shop.reviewer.post(f"/v1/refunds/{at}/review", said)
    return f"/pages/refunds/{at}"


async def test_pictures_go_along_with_a_request_and_are_seen_on_its_pages(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop)
    why = await browser.send(await let_in(shop, browser, mail), f"{ORDER}/why", **{"units:l1": "1"})
    two = [("scratch.jpg", A_PICTURE), ("box.png", as_file(photograph(2), "PNG"))]

    confirm = await browser.send_files(why, f"{ORDER}/confirm", two, reason="quality_issue")
    story = await browser.send(confirm, f"{ORDER}/refunds")

    refund = await shop.reviewer.get(f"/v1/refunds/{refund_of(story)}")
    first, second = (each.removeprefix("mw-evidence:") for each in refund["evidence"])
    assert [first in confirm.html, second in confirm.html] == [True, True]
    for address in pictures_on(story):
        seen = await shop.http.get(address, headers=cookies(browser))
        assert seen.headers["content-type"] == "image/jpeg" and not opened(seen.content).getexif()
        assert seen.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in seen.headers["content-security-policy"] and "no-store" in seen.headers["cache-control"]
    assert len(pictures_on(story)) == 2


async def test_a_picture_is_shown_to_nobody_but_whose_it_is(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser, stranger = browser_of(shop), browser_of(shop)
    why = await browser.send(await let_in(shop, browser, mail), f"{ORDER}/why", **{"units:l1": "1"})
    confirm = await browser.send_files(why, f"{ORDER}/confirm", [("a.jpg", A_PICTURE)], reason="quality_issue")
    (address,) = set(pictures_on(confirm))
    await a_guests_order(shop, "o2")
    await let_in(shop, stranger, mail, "o2")

    nobody = await shop.http.get(address)
    of_another_order = await shop.http.get(address, headers=cookies(stranger))
    no_picture = await shop.http.get(f"/pages/pictures/ev_{'0' * 32}", headers=cookies(browser))

    assert (nobody.status_code, nobody.headers["location"].partition("?")[0]) == (303, "/pages/")
    assert (of_another_order.status_code, of_another_order.content) == (404, b"")
    assert (no_picture.status_code, no_picture.content) == (404, b"")


async def test_what_is_no_picture_is_said_at_the_field_and_the_others_wait(shop: Shop, mail: MailServer) -> None:
    await a_guests_order(shop)
    browser = browser_of(shop, "zh-CN")
    why = await browser.send(await let_in(shop, browser, mail), f"{ORDER}/why", **{"units:l1": "1"})
    sent = [("合同.pdf", b"%PDF-1.4"), ("a.jpg", A_PICTURE), ("b.jpg", as_file(photograph(3)))]

    faulty = await browser.send_files(why, f"{ORDER}/confirm", sent, reason="quality_issue", note="它漏水")
    first = faulty.form(f"{ORDER}/confirm").fields["kept"].split()[0]
    confirm = await browser.send(faulty, f"{ORDER}/confirm", reason="quality_issue", **{f"leave_out:{first}": "yes"})
    many = await browser.send_files(faulty, f"{ORDER}/confirm", [("x.jpg", b"x")] * 19, reason="quality_issue")

    assert faulty.status == 422 and "“合同.pdf”不是可识别的图片" in faulty.text
    assert ("pictures-fault pictures-hint", "true") in [
        (said.get("aria-describedby"), said.get("aria-invalid")) for _, said in faulty.tags
    ]
    assert faulty.form(f"{ORDER}/confirm").fields["note"] == "它漏水" and len(pictures_on(faulty)) == 2
    assert confirm.status == 200 and first not in confirm.html and len(pictures_on(confirm)) == 1
    assert many.status == 422 and "最多 20 张图片" in many.text and len(pictures_on(many)) == 2


async def test_whoever_is_asked_for_pictures_sends_them_on_the_refunds_page(shop: Shop, mail: MailServer) -> None:
    browser = browser_of(shop)
    page = await asked_for_more(shop, mail, browser)
    waiting = await browser.open(f"{page}?merchant={shop.merchant_id}&order=o1")

    nothing = await browser.send(waiting, f"{page}/evidence")
    shown = await browser.send_files(
        nothing, f"{page}/evidence", [("a.jpg", A_PICTURE)], evidence="https://x.example/1"
    )
    again = await browser.send_files(nothing, f"{page}/evidence", [("a.jpg", A_PICTURE)])

    assert "Photos of the goods" in waiting.text and "Please choose a picture" in nothing.text
    for seen in (shown, again):
        assert seen.status == 200, seen.text
        assert len(pictures_on(seen)) == 1 and "https://x.example/1" in seen.links
    refund: Json = await shop.reviewer.get(page.replace("/pages/", "/v1/"))
    assert len(refund["evidence"]) == 2


async def test_what_is_too_large_altogether_is_told_by_a_page(shop: Shop) -> None:
    await shop.order()
    browser = browser_of(shop)
    door = await browser.open(f"/pages/?merchant={shop.merchant_id}")
    await browser.send(door, "/pages/keys", order="o1", key=shop.keys[Role.MERCHANT])
    many = {f"{number:05}": "" for number in range(12_001)}

    too_large = await browser.post(f"{ORDER}/confirm", {"note": "x" * 36_000_000})
    too_many = await browser.post(f"{ORDER}/confirm", many)

    assert [each.status for each in (too_large, too_many)] == [413, 413]
    assert all("too much at once" in each.text for each in (too_large, too_many))


def cookies(browser: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
