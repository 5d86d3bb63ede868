"""Settlement reports on a page: what came, what of it agrees, and what to do where it does not."""

import pytest

from db.api_keys import Role
from tests.api.test_settlement_reports import Report, read
from tests.shop import Shop
from tests.web.answers import COOKIES, example, pages_of
from tests.web.browser import Browser
from tests.web.staff import signed_in
from tools.client import Json

SETTLEMENTS = "/pages/operations/settlements"
A_REFUND = "rf_5d0a7c1be94f3a62d817"


@pytest.mark.parametrize(
    ("language", "differs", "agrees", "refused"),
    [("en", "not booked here", "Nothing differs", "refused"), ("zh-CN", "我方未入账", "没有差异", "已拒绝")],
)
async def test_operations_see_what_a_report_says_and_what_our_ledger_lacks(
    shop: Shop, language: str, differs: str, agrees: str, refused: str
) -> None:
    browser, _ = await signed_in(shop, Role.OPS, language)
    before = await browser.open(SETTLEMENTS)
    report = await read(shop, Report().has("re_of_nobody", 12_34).written)
    await read(shop, b"no report", name="no-report.jsonl")

    seen = await browser.open(SETTLEMENTS)
    of_one = await browser.open(f"{SETTLEMENTS}?report={report['report_id']}")

    assert agrees in before.text and differs not in before.text
    for page in (seen, of_one):
        assert "re_of_nobody" in page.text and differs in page.text and "12.34" in page.text
    assert f"?report={report['report_id']}" in seen.html and "no-report.jsonl" in seen.text and refused in seen.text


@pytest.mark.parametrize(("language", "words"), [("en", "exchange difference $3.00"), ("zh-CN", "换汇差额 US$3.00")])
async def test_operations_see_what_the_exchange_of_a_payout_cost(language: str, words: str) -> None:
    (payout,) = example("getRefund")["payouts"]
    told: Json = {"currency": "USD", "payouts": [{**payout, "currency": "EUR", "exchange_difference": 3_00}, payout]}
    async with pages_of(Role.OPS, {"getRefund": told}) as http:
        browser = Browser(http, language)
        browser.cookies = dict(COOKIES)

        seen = await browser.open(f"/pages/operations/refunds/{A_REFUND}")

    assert seen.text.count(words.partition(" ")[0]) == 1 and words in seen.text


async def test_settlement_reports_are_for_operations_alone(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.REVIEWER)

    assert (await browser.open(SETTLEMENTS)).status == 403
