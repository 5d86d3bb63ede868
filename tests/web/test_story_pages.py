"""What a refund's page tells beside where it stands: each payment, each entitlement, and the way back of the goods."""

import pytest

from db.api_keys import Role
from domain.audit_actions import AuditAction
from tests.web.answers import COOKIES, example, pages_of
from tests.web.browser import Browser, Seen
from tools.client import Json
from web.customer.story import Reached, Stage, story_of

A_REFUND = "rf_5d0a7c1be94f3a62d817"


async def told(refund: Json, language: str = "en", order: Json | None = None) -> Seen:
    """Read the page of a refund of which, and of whose order, the API says this; what it says else is of today."""
    async with pages_of(Role.CUSTOMER, {"getRefund": refund, "getOrderPage": order or {}}) as http:
        browser = Browser(http, language)
        browser.cookies = dict(COOKIES)
        return await browser.open(f"/pages/refunds/{A_REFUND}?merchant=shop&order=o1")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("¥500.00", "on its way", "expected by Dec 3, 2026", "finds it by 7400-A", "did not work")),
        ("zh-CN", ("¥500.00", "2026年12月3日", "7400-A")),
    ],
)
async def test_each_payment_has_the_day_it_is_expected_and_its_trace_number(
    language: str, words: tuple[str, ...]
) -> None:
    (payout,) = example("getRefund")["payouts"]
    coming = {**payout, "amount": 500_00, "status": "pending", "expected_by": "2026-12-03", "trace_number": "7400-A"}
    failed = {**payout, "amount": 47_50, "status": "failed", "expected_by": "2031-07-24"}

    seen = await told({"status": "paying_out", "payouts": [coming, failed]}, language)

    assert [word for word in words if word not in seen.text] == []
    assert "2031" not in seen.text


async def test_each_entitlement_says_what_became_of_it() -> None:
    effects = example("getRefund")["effects"]
    effects["coupons"] = [{**effects["coupons"][0], "outcome": "reinstated"}]
    effects["gifts"] = [{"line_id": "l1", "quantity": 1, "outcome": "returned", "amount": 0}]

    order = {"coupons": [{**example("getOrderPage")["coupons"][0], "valid_until": "2031-12-30T08:00:00Z"}]}

    seen = await told({"effects": effects}, order=order)

    assert "valid again until Dec 30, 2031" in seen.text
    for words in ("+250", "−250", "c9", "gold", "silver"):
        assert words in seen.text, words


@pytest.mark.parametrize(
    ("events", "came_through"),
    [
        ([AuditAction.REQUESTED], [Stage.ASKED]),
        ([AuditAction.APPROVED, AuditAction.SHIPPED], [Stage.ASKED, Stage.REVIEWED, Stage.SENT_BACK]),
        (
            [AuditAction.APPROVED, AuditAction.SHIPPED, AuditAction.PARCEL_RECEIVED],
            [Stage.ASKED, Stage.REVIEWED, Stage.SENT_BACK, Stage.ARRIVED],
        ),
    ],
)
def test_one_that_has_stopped_shows_how_far_it_came(events: list[AuditAction], came_through: list[Stage]) -> None:
    stopped = example("getRefund") | {"kind": "return", "status": "rejected"}

    story = story_of(stopped | {"timeline": [{"event": event} for event in events]})

    assert [stage for stage, reached in story.stages if reached is Reached.DONE] == came_through
    assert story.has_stopped


async def test_while_goods_come_back_their_label_is_a_pdf_and_a_code_and_the_carriers_word_is_told() -> None:
    seen = await told({"status": "in_transit"})

    labels = [address for address in seen.links.values() if address.endswith(".pdf")]
    codes = [said["aria-label"] for tag, said in seen.tags if tag == "div" and said.get("role") == "img"]
    assert labels == ["/v1/labels/Yq3mT8sLwA5vRk0ZcJx7Bn2E.pdf"] and len(codes) == 2
    assert "SF1234567890: delivered" in seen.text
