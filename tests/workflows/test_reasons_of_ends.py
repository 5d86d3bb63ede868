"""A refund that comes to nothing says why: by a code, and to the customer in their own language (rule 38)."""

from typing import Any

import pytest
from sqlalchemy import update

from db import sealing
from db.api_keys import Role
from db.schema import refunds
from tests.shop import Shop
from tools.client import Api, Json, Refused
from workflows.contract import ReviewSaid

WORDS = "worn, and this customer always lies"


async def a_chinese_request(shop: Shop, **fields: Any) -> Json:
    await shop.merchant.put("/v1/customers/lilei", {"name": "李雷", "locale": "zh-CN"})
    await shop.order()
    return await shop.refund(reason="changed_mind", **fields)


async def reviewed(shop: Shop, refund: Json, decision: str, **fields: Any) -> Json:
    return await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": decision, **fields})


async def told_without_english(shop: Shop) -> str:
    """Everything that the customer was told, their order's number aside."""
    told = "".join(await shop.inbox()).replace("o1", "")
    assert [letter for letter in told if letter.isascii() and letter.isalpha()] == []
    return told


async def test_a_rejection_is_told_by_its_code_and_the_reviewers_words_stay_in_the_house(shop: Shop) -> None:
    refund = await a_chinese_request(shop)

    rejected = await reviewed(shop, refund, "reject", reason_code="goods_used", note=WORDS)

    assert rejected["review"]["reason_code"] == "goods_used" and rejected["review"]["note"] == WORDS
    assert rejected["ended_because"] == {"code": "goods_used", "message": "商品已使用，不符合退款条件。"}
    assert "退款申请未通过：商品已使用，不符合退款条件。" in await told_without_english(shop)
    lilei = await Api(shop.http, await shop.customer_key("lilei")).get(f"/v1/refunds/{refund['refund_id']}")
    assert lilei["ended_because"] == rejected["ended_because"] and WORDS not in str(lilei)


async def test_a_rejection_without_a_code_is_told_in_general(shop: Shop) -> None:
    refund = await a_chinese_request(shop)

    rejected = await reviewed(shop, refund, "reject", note=WORDS)

    assert rejected["review"]["reason_code"] is None and rejected["ended_because"]["code"] == "other"
    assert "该申请不符合退款条件，如有疑问请联系客服。" in await told_without_english(shop)


async def test_a_refund_rejected_before_there_were_codes_is_told_in_general_and_staff_still_read_the_words(
    shop: Shop,
) -> None:
    refund = await a_chinese_request(shop)
    await reviewed(shop, refund, "reject", note=WORDS)
    before = {"decision": "reject", "by": "reviewer", "rule": None, "note": WORDS}
    async with shop.engine.begin() as connection:  # before there were codes nothing was sealed
        earlier = update(refunds).where(refunds.c.refund_id == refund["refund_id"])
        with sealing.using(None):
            await connection.execute(earlier.values(review=before, ended_because=None))

    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")

    assert shown["ended_because"]["code"] == "other" and shown["review"]["note"] == WORDS


async def test_evidence_is_asked_for_in_the_customers_language_whatever_the_reviewer_wrote(shop: Shop) -> None:
    refund = await a_chinese_request(shop)

    asked = await reviewed(shop, refund, "request_evidence", evidence_wanted=["video"], note="a video, please")

    assert asked["review"]["evidence_wanted"] == ["video"] and asked["ended_because"] is None
    await shop.until_told("需要补充凭证：能说明问题的短视频")
    await told_without_english(shop)


async def test_the_english_customer_of_an_english_shop_reads_which_evidence_the_reviewer_wants(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")

    await reviewed(shop, refund, "request_evidence", note="a photo, please")

    question = "We need more information for your refund of order o1: a photo, please"
    assert question in await shop.until_told(question)


async def test_a_code_that_does_not_belong_to_the_decision_is_refused(shop: Shop) -> None:
    refund = await a_chinese_request(shop)

    wrong: list[tuple[str, Json]] = [
        ("approve", {"reason_code": "goods_used"}),
        ("reject", {"evidence_wanted": ["video"]}),
    ]
    for decision, fields in wrong:
        with pytest.raises(Refused) as refused:
            await reviewed(shop, refund, decision, **fields)
        assert refused.value.code == "validation_failed"


async def test_at_the_temporal_ui_a_code_is_said_too_and_a_misspelt_one_is_seen(shop: Shop) -> None:
    refund = await a_chinese_request(shop)
    workflow = shop.workflow(refund)

    await workflow.signal("decide", ReviewSaid("reject", by="wang", reason_code="ugly"))
    await shop.until_event(refund, "not_understood")
    await workflow.signal("decide", ReviewSaid("reject", by="wang", reason_code="not_returnable"))
    rejected = await shop.until(refund, "rejected")

    assert rejected["ended_because"]["code"] == "not_returnable"


async def test_a_request_that_nobody_reviewed_in_time_says_so(shop: Shop) -> None:
    await shop.policy(review_sla="PT2S", review_timeout="reject")
    refund = await a_chinese_request(shop)

    rejected = await shop.until(refund, "rejected")

    assert rejected["ended_because"]["code"] == "review_timed_out"
    assert "未能在规定时间内完成审核" in await told_without_english(shop)


async def test_a_return_of_which_nothing_is_accepted_says_so(shop: Shop) -> None:
    await shop.lenient_policy()
    refund = await a_chinese_request(shop, kind="return")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "rejected": 2, "note": "worn"}]})

    rejected = await shop.until(refund, "rejected")

    assert rejected["ended_because"]["code"] == "nothing_accepted"
    assert "您寄回的商品均未通过验收。" in await told_without_english(shop)


async def test_a_payment_that_was_disputed_says_so(shop: Shop) -> None:
    await shop.lenient_policy()
    await shop.order()
    await shop.behave("ch-o1", "dispute")
    refund = await a_chinese_request(shop)

    rejected = await shop.until(refund, "rejected")

    assert rejected["ended_because"]["code"] == "payment_disputed"
    assert "款项由银行处理" in await told_without_english(shop)


async def test_a_return_that_never_came_says_so(shop: Shop) -> None:
    await shop.lenient_policy(return_deadline="PT2S")
    refund = await a_chinese_request(shop, kind="return")

    expired = await shop.until(refund, "expired")

    assert expired["ended_because"] == {"code": "no_parcel_sent", "message": "您未在期限内寄回商品。"}
    await told_without_english(shop)


@pytest.mark.parametrize(
    ("role", "code"), [(Role.MERCHANT, "cancelled_by_merchant"), (Role.CUSTOMER, "cancelled_by_customer")]
)
async def test_who_called_a_refund_off_is_said(shop: Shop, role: Role, code: str) -> None:
    refund = await a_chinese_request(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    caller = shop.merchant if role is Role.MERCHANT else Api(shop.http, await shop.customer_key("lilei"))

    await caller.post(f"{at}/cancel", {"note": "the customer keeps it"})
    cancelled = await shop.until(refund, "cancelled")

    assert cancelled["ended_because"]["code"] == code
    await told_without_english(shop)


async def test_a_suspension_in_operations_own_english_is_told_to_a_chinese_customer_in_chinese(shop: Shop) -> None:
    await a_chinese_request(shop)

    await shop.ops.post("/v1/customers/lilei/suspension", {"reason": "three chargebacks"})

    assert "原因：客服人员的决定" in await told_without_english(shop)


async def test_how_a_chinese_customer_sends_goods_back_is_said_in_chinese_on_the_label_too(shop: Shop) -> None:
    await shop.lenient_policy()
    refund = await a_chinese_request(shop, kind="return")

    shown = await shop.until(refund, "awaiting_return")
    label = await shop.raw(Role.MERCHANT, "GET", f"/v1/refunds/{refund['refund_id']}/label")

    assert shown["return"]["guide"] == "请按原样包装好商品，将包裹交到任一快递网点。"
    assert shown["return"]["guide"] in label.text and "请最迟于" in label.text
