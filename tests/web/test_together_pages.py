"""A reviewer approves what is safe together, and sees how the same kind of case was decided before."""

import pytest

from db.api_keys import Role
from tests.api.test_reviews import waiting
from tests.shop import ANYTHING, Shop, a_line
from tests.web.staff import refund_page, signed_in
from tests.web.test_desk_pages import a_persons_key

PAGE = "/pages/desk/together"


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("2 refunds", "2 approved")), ("zh-CN", ("2 笔退款", "2 笔已批准"))]
)
async def test_safe_ones_are_approved_together_each_in_the_persons_name(
    shop: Shop, language: str, words: tuple[str, str]
) -> None:
    two = [await waiting(shop, "o1"), await waiting(shop, "o2", lines=[a_line("l1", unit_price=5_00)])]
    browser, desk = await signed_in(shop, Role.REVIEWER, language, key=await a_persons_key(shop, "han.meimei"))

    preview = await browser.open(PAGE)
    confirm = await browser.send(preview, PAGE)
    done = await browser.send(confirm, f"{PAGE}/approval")
    again = await browser.send(confirm, f"{PAGE}/approval")

    assert PAGE in desk.links.values()
    assert words[0] in preview.text and "¥1,205.00" in preview.text
    assert "¥1,205.00" in confirm.text and "han.meimei" in confirm.text
    assert words[1] in done.text and words[1] in again.text
    for refund in two:
        shown = await shop.until(refund, "completed")
        assert (shown["review"]["decision"], shown["review"]["by"]) == ("approve", "reviewer:han.meimei")


async def test_what_changed_is_left_out_and_what_the_person_may_not_approve_is_refused_by_name(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, review_limits={"jim": 100_00})
    dear, cheap = await waiting(shop, "o1"), await waiting(shop, "o2", lines=[a_line("l1", unit_price=5_00)])
    left, gone = await waiting(shop, "o3"), await waiting(shop, "o4")
    browser, _ = await signed_in(shop, Role.REVIEWER, key=await a_persons_key(shop, "jim"))
    preview = await browser.open(PAGE)
    ticked = {name: value for name, value in preview.form(PAGE).fields.items() if left["refund_id"] not in name}

    nothing = await browser.post(PAGE, {"form_token": ticked["form_token"]})
    confirm = await browser.post(PAGE, ticked)
    await shop.reviewer.post(f"/v1/refunds/{gone['refund_id']}/review", {"decision": "reject"})
    done = await browser.send(confirm, f"{PAGE}/approval")

    assert nothing.status == 422 and "Tick at least one" in nothing.text
    assert "You are about to approve 3 refunds" in confirm.text
    assert "1 approved" in done.text and "1 changed meanwhile" in done.text and "1 refused" in done.text
    assert "you may approve" in done.text
    for refund, status in ((dear, "in_review"), (left, "in_review"), (gone, "rejected")):
        assert (await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == status
    assert (await shop.until(cheap, "completed"))["total"] == 5_00
    page, speed = await browser.open(refund_page(dear)), await browser.open("/pages/desk/speed")
    assert "people approved 1 and rejected 1" in page.text and "by reviewer:jim" in page.text
    assert "First answer after" in speed.text and "within 5 minutes" in speed.text
