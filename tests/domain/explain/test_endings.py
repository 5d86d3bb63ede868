"""Why a refund came to nothing: codes for machines, sentences for shoppers; a reviewer's words stay in the house."""

from datetime import datetime

import pytest

from domain.explain.endings import (
    EvidenceWanted,
    HouseReason,
    RejectionReason,
    called_off_by,
    ended_because,
    stored_reason,
)
from domain.explain.locales import can_stand_in
from domain.explain.messages import Catalogue, MessageDetails, Topic
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision, what_does_not_fit
from tests.domain.languages import LANGUAGES

CATALOGUE = Catalogue(LANGUAGES)


def told(locale: str, topic: Topic, said: MessageDetails) -> str:
    return CATALOGUE.text(locale, topic, {"order": "o1"} | CATALOGUE.words(locale, topic, said))


@pytest.mark.parametrize(
    ("locale", "because", "text"),
    [
        ("en", RejectionReason.GOODS_USED, "Your refund request for order o1 was rejected. The goods have been used."),
        ("zh-CN", RejectionReason.GOODS_USED, "您的订单 o1 的退款申请未通过：商品已使用，不符合退款条件。"),
        ("zh-CN", HouseReason.NOTHING_ACCEPTED, "您的订单 o1 的退款申请未通过：您寄回的商品均未通过验收。"),
        ("zh-CN", None, "您的订单 o1 的退款申请未通过：该申请不符合退款条件，如有疑问请联系客服。"),
    ],
)
def test_a_rejection_is_told_by_its_code_and_never_in_the_reviewers_words(
    locale: str, because: RejectionReason | None, text: str
) -> None:
    assert told(locale, Topic.REJECTED, MessageDetails("this customer lies", because)) == text


def test_operations_read_every_word() -> None:
    words = CATALOGUE.words("en", Topic.NEEDS_ATTENTION, MessageDetails("¥600.00 to payment p1"))

    assert words["note"] == "¥600.00 to payment p1"


@pytest.mark.parametrize(
    ("locale", "wanted", "note", "asked"),
    [
        ("en", (), "a photo, please", "a photo, please"),
        ("zh-CN", (), "请拍一张照片", "请拍一张照片"),
        ("zh-CN", (), "a photo, please", "能说明问题的照片或文件"),
        ("zh-CN", (EvidenceWanted.VIDEO,), "a video, please", "能说明问题的短视频"),
        ("en", (EvidenceWanted.VIDEO, EvidenceWanted.VIDEO), "请拍视频", "a short video of the problem"),
        ("zh-CN", (EvidenceWanted.REPORT,), "请加盖公章", "维修或检测报告、请加盖公章"),
        ("en", (), "", "photos or documents that show the problem"),
    ],
)
def test_evidence_is_asked_for_in_the_customers_language(
    locale: str, wanted: tuple[EvidenceWanted, ...], note: str, asked: str
) -> None:
    assert told(locale, Topic.EVIDENCE_REQUESTED, MessageDetails(note, wanted=wanted)).endswith(asked)


@pytest.mark.parametrize(
    ("locale", "words", "can"),
    [
        ("zh-CN", "请拍照片，谢谢！", True),
        ("zh-CN", "请拍 photo", False),
        ("zh-CN", "ｐｈｏｔｏ", False),
        ("zh-CN", "123", False),
        ("en-GB", "a façade, please", True),
        ("en", "请拍照片", False),
        ("en", "", False),
        ("de", "ein Foto bitte", True),
    ],
)
def test_words_stand_in_a_text_of_their_own_letters_only(locale: str, words: str, can: bool) -> None:
    assert can_stand_in(locale, words) is can


@pytest.mark.parametrize(
    ("status", "code", "because"),
    [
        (RefundStatus.REJECTED, "goods_used", RejectionReason.GOODS_USED),
        (RefundStatus.REJECTED, "nothing_accepted", HouseReason.NOTHING_ACCEPTED),
        (RefundStatus.REJECTED, None, RejectionReason.OTHER),
        (RefundStatus.REJECTED, "of_a_later_version", RejectionReason.OTHER),
        (RefundStatus.EXPIRED, None, HouseReason.NO_PARCEL_SENT),
        (RefundStatus.CANCELLED, None, HouseReason.CANCELLED),
        (RefundStatus.COMPLETED, None, None),
        (RefundStatus.IN_REVIEW, "goods_used", None),
    ],
)
def test_a_refund_that_came_to_nothing_says_why_and_in_general_where_nobody_noted_it(
    status: RefundStatus, code: str | None, because: RejectionReason | HouseReason | None
) -> None:
    assert ended_because(status, code) is because


def test_no_code_is_both_of_a_reviewer_and_of_the_house() -> None:
    assert {*RejectionReason} & {*HouseReason} == set()
    assert all(stored_reason(code) is code for code in (*RejectionReason, *HouseReason))


@pytest.mark.parametrize(
    ("role", "because"),
    [
        ("customer", HouseReason.CANCELLED_BY_CUSTOMER),
        ("merchant", HouseReason.CANCELLED_BY_MERCHANT),
        ("", HouseReason.CANCELLED),
    ],
)
def test_who_called_a_refund_off_is_said(role: str, because: HouseReason) -> None:
    assert called_off_by(role) is because


@pytest.mark.parametrize(
    ("decision", "code", "wanted", "wrong"),
    [
        (Decision.REJECT, "goods_used", (), None),
        (Decision.REJECT, None, (), None),
        (Decision.REQUEST_EVIDENCE, None, ("video",), None),
        (Decision.APPROVE, "goods_used", (), "reason_code says why a request is rejected: leave it out of approve"),
        (Decision.REJECT, None, ("video",), "evidence_wanted belongs to request_evidence: leave it out of reject"),
        (Decision.REJECT, "ugly", (), "'ugly' is no reason_code: say outside_return_window or "),
        (Decision.REQUEST_EVIDENCE, None, ("song",), "'song' is no evidence_wanted: say photo_of_goods or "),
    ],
)
def test_a_code_belongs_to_its_decision(
    decision: Decision, code: str | None, wanted: tuple[str, ...], wrong: str | None
) -> None:
    said = what_does_not_fit(decision, code, wanted)

    assert said is None if wrong is None else (said or "").startswith(wrong)


@pytest.mark.parametrize(
    ("locale", "is_collected", "guide"),
    [
        ("en", False, "Hand it in anywhere."),
        ("zh-CN", False, "请按原样包装好商品，将包裹交到任一快递网点。"),
        ("zh-CN", True, "请按原样包装好商品并备好包裹，快递员将上门取件。"),
    ],
)
def test_how_to_send_goods_back_is_said_in_the_customers_language(locale: str, is_collected: bool, guide: str) -> None:
    assert CATALOGUE.guide(locale, "Hand it in anywhere.", is_collected=is_collected) == guide


def test_until_when_to_send_goods_back_is_said_as_people_read_it() -> None:
    end_of_day = datetime.fromisoformat("2026-12-05T23:59:59.999999+08:00")

    assert CATALOGUE.send_by("zh-CN", end_of_day, "Asia/Shanghai") == "请最迟于2026年12月5日寄回。"
