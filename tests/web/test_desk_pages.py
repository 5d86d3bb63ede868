"""A reviewer works through the queue on pages: every right is the API's, and the trail says who it was."""

import pytest

from db.api_keys import Role
from tests.api.test_reviews import waiting
from tests.photographs import as_file, photograph
from tests.shop import Shop, days_ago
from tests.web.browser import Browser
from tests.web.staff import refund_page, signed_in
from web.visitors import STAFF_KEY

HOSTILE = "<script>alert(1)</script> {0} {key} 🦄 \" ' &amp; שלום"


async def a_persons_key(shop: Shop, person: str) -> str:
    made = await shop.owner.post("/v1/api-keys", {"role": "reviewer", "person": person})
    return str(made["key"])


@pytest.mark.parametrize(("language", "words"), [("en", ("Desk", "1 waiting")), ("zh-CN", ("审核台", "1 笔待审核"))])
async def test_a_reviewer_approves_and_the_trail_names_the_person(
    shop: Shop, language: str, words: tuple[str, ...]
) -> None:
    refund = await waiting(shop)
    path = refund_page(refund)
    browser, queue = await signed_in(shop, Role.REVIEWER, language, key=await a_persons_key(shop, "han.meimei"))

    page = await browser.send(queue, "/pages/desk/begin")
    after = await browser.send(page, f"{path}/decision", decision="approve", note="a regular")

    assert all(word in queue.text for word in words) and queue.language == language
    assert page.address.endswith(path) and "o1" in page.text and "han.meimei" in page.text
    assert after.address.endswith("/pages/desk?done=approved") and after.status == 200
    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert (shown["review"]["decision"], shown["review"]["by"]) == ("approve", "reviewer:han.meimei")
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert "reviewer:han.meimei" in {each["actor"] for each in trail if each["action"] == "approved"}


async def test_figures_and_what_speaks_against_it_are_told_in_the_reviewers_language(shop: Shop) -> None:
    customer = {"locale": "zh-CN", "registered_at": days_ago(1)}
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", customer)
    refund = await waiting(shop)
    told = {}

    for language, new_account in (("en", "A new account"), ("zh-CN", "新注册的账户")):
        browser, _ = await signed_in(shop, Role.REVIEWER, language)
        page = await browser.open(refund_page(refund))
        known = await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}", locale=language)
        told[language] = [" ".join(each["text"].split()) for each in known["explanations"]]
        assert told[language] and all(text in page.text for text in told[language])
        assert new_account in page.text

    assert not set(told["en"]) & set(told["zh-CN"])


async def test_after_a_decision_the_next_is_theirs(shop: Shop) -> None:
    first, second = await waiting(shop, "o1"), await waiting(shop, "o2")
    browser, queue = await signed_in(shop, Role.REVIEWER)
    page = await browser.send(queue, "/pages/desk/begin")

    without = await browser.send(page, f"{refund_page(first)}/decision", decision="reject")
    after = await browser.send(
        without, f"{refund_page(first)}/decision", decision="reject", reason_code="goods_used", note="worn"
    )

    assert without.status == 422 and "Say why" in without.text
    assert after.address.endswith(f"{refund_page(second)}?done=rejected") and "Here is the next one" in after.text
    assert (await shop.merchant.get(f"/v1/refunds/{first['refund_id']}"))["ended_because"]["code"] == "goods_used"
    assert (await shop.reviewer.get(f"/v1/reviews/{second['refund_id']}"))["assignment"]["is_yours"]


async def test_two_at_once_do_not_decide_about_the_same(shop: Shop) -> None:
    refund = await waiting(shop)
    path, other = refund_page(refund), await a_persons_key(shop, "jim")
    one, queue = await signed_in(shop, Role.REVIEWER)
    two, _ = await signed_in(shop, Role.REVIEWER, key=other)
    seen_before = await two.open(path)
    mine = await one.send(queue, "/pages/desk/begin")

    late = await two.send(seen_before, f"{path}/decision", decision="approve")
    looked = await two.open(path)
    done = await one.send(mine, f"{path}/decision", decision="request_evidence", wanted_video="yes", note="how?")

    assert late.status == 409 and "reviewer is at this review until" in late.text
    assert "reviewer is at this until" in looked.text and f"{path}/decision" not in [
        each.action for each in looked.forms
    ]
    assert done.address.endswith("/pages/desk?done=asked")
    assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["review"]["evidence_wanted"] == ["video"]


async def test_the_second_pair_of_eyes_is_another_persons_on_pages_too(shop: Shop) -> None:
    await shop.policy(second_review_above=1_00)
    refund = await waiting(shop)
    path, key = refund_page(refund), await a_persons_key(shop, "jim")
    browser, _ = await signed_in(shop, Role.REVIEWER, key=key)
    again, _ = await signed_in(shop, Role.REVIEWER, key=await a_persons_key(shop, "jim"))

    await browser.send(await browser.open(path), f"{path}/decision", decision="approve")
    refused = await again.send(await again.open(path), f"{path}/decision", decision="approve")

    assert refused.status == 409 and "Somebody else has to do this" in refused.text
    assert "1 of 2 approvals" in refused.text
    assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "in_review"


async def test_a_forged_form_decides_nothing(shop: Shop) -> None:
    refund = await waiting(shop)
    path = refund_page(refund)
    browser, _ = await signed_in(shop, Role.REVIEWER)
    fields = {**(await browser.open(path)).form(f"{path}/decision").fields, "decision": "approve"}
    stolen = {**fields, "form_token": "0" * 64}

    refused = [
        await browser.post(f"{path}/decision", stolen),
        await browser.post(f"{path}/decision", fields, **{"Sec-Fetch-Site": "cross-site"}),
        await browser.post(f"{path}/take", {}),
        await browser.post("/pages/staff/leave", {}),
    ]

    assert [each.status for each in refused] == [403] * 4
    assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["review"] is None


async def test_rooms_are_for_their_roles_and_keys_of_customers_open_none(shop: Shop) -> None:
    reviewer, _ = await signed_in(shop, Role.REVIEWER)
    customer = Browser(shop.http)
    door = await customer.open("/pages/desk")
    turned_away = await customer.send(door, "/pages/staff/keys", key=await shop.customer_key("lilei"))
    no_key = await customer.send(door, "/pages/staff/keys", key="密钥")

    for path in ("operations", "operations/events", "warehouse"):
        seen = await reviewer.open(f"/pages/{path}")
        assert seen.status == 403 and "This page is not for you" in seen.text
    assert turned_away.status == no_key.status == 401 and "opens none of these pages" in turned_away.text
    assert (await customer.open("/pages/desk")).address.endswith("/pages/staff?to=%2Fpages%2Fdesk")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER])
async def test_every_link_that_somebody_is_shown_leads_somewhere(shop: Shop, role: Role) -> None:
    browser, page = await signed_in(shop, role)

    links = [address for address in page.links.values() if address.startswith("/")]
    found = {address: (await browser.open(address)).status for address in links}

    assert len(found) > 2 and set(found.values()) == {200}, found


async def test_who_signs_out_is_out_and_nobody_is_sent_elsewhere(shop: Shop) -> None:
    browser, queue = await signed_in(shop, Role.REVIEWER, to="//evil.example/pages/desk")
    assert queue.address.endswith("/pages/desk")
    cookie = next(each for each in browser.set_cookies if each.startswith("__Host-makewhole-key="))
    assert all(word in cookie for word in ("HttpOnly", "Secure", "Path=/"))

    await browser.send(queue, "/pages/staff/leave")

    assert "/pages/staff?" in (await browser.open("/pages/desk")).address
    assert "__Host-makewhole-key" not in browser.cookies


async def test_what_people_wrote_is_shown_as_they_wrote_it_and_runs_nowhere(shop: Shop) -> None:
    await shop.order(lines=[{"line_id": "l1", "sku": "x", "quantity": 1, "unit_price": 10_00, "name": HOSTILE}])
    evidence = ["https://shop.example/1.jpg?a=1&b='2'"]
    refund = await shop.until_judged(await shop.refund(reason="changed_mind", note=HOSTILE, evidence=evidence))
    browser, _ = await signed_in(shop, Role.REVIEWER)

    page = await browser.open(refund_page(refund))

    assert page.status == 200 and "<script>" not in page.html and HOSTILE in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    links = [said for tag, said in page.tags if tag == "a" and said["href"].startswith("https:")]
    assert {each["rel"] for each in links} == {"noopener noreferrer nofollow"}


async def test_the_queue_is_narrowed_and_says_what_it_can_not_read(shop: Shop) -> None:
    await waiting(shop)
    browser, queue = await signed_in(shop, Role.REVIEWER)

    dear = await browser.send(queue, "/pages/desk", currency="CNY", amount_from="1200,50")
    all_of_them = await browser.send(queue, "/pages/desk", currency="CNY", amount_to="1200")
    wrong = await browser.send(queue, "/pages/desk", currency="CNY", amount_from="much")
    lacking = await browser.send(queue, "/pages/desk", amount_from="5")

    assert "0 waiting" in dear.text and "1 waiting" in all_of_them.text
    assert "Write an amount" in wrong.text and "Choose the currency too" in lacking.text


async def test_pictures_are_seen_side_by_side_by_who_works_here_and_by_nobody_else(shop: Shop) -> None:
    sent = [await shop.raw(Role.MERCHANT, "POST", "/v1/evidence", content=as_file(photograph(each))) for each in (1, 2)]
    await shop.order()
    evidence = [*(each.json()["evidence"] for each in sent), "https://shop.example/1.jpg"]
    refund = await shop.until_judged(await shop.refund(reason="changed_mind", evidence=evidence))
    browser, _ = await signed_in(shop, Role.REVIEWER)
    stranger, _ = await signed_in(shop, Role.WAREHOUSE)

    page = await browser.open(refund_page(refund))

    sources = [said["src"] for tag, said in page.tags if tag == "img"]
    assert sources == [f"/pages/desk/pictures/{each.json()['evidence_id']}" for each in sent]
    assert "https://shop.example/1.jpg" in page.links
    cookie = {"Cookie": f"{STAFF_KEY}={browser.cookies[STAFF_KEY]}"}
    seen = await shop.http.get(sources[0], headers=cookie)
    assert seen.headers["content-type"] == "image/jpeg" and seen.headers["cache-control"] == "no-store"
    assert (await shop.http.get(f"/pages/desk/pictures/ev_{'0' * 32}", headers=cookie)).status_code == 404
    assert (await stranger.open(sources[0])).status == 403
