"""The Chinese texts read as a native shopper would write them: one word for one thing, no English, no ids, no UTC."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.explain.endings import EvidenceWanted, HouseReason, RejectionReason
from domain.explain.messages import Catalogue, MessageDetails, Topic
from tests.domain.languages import LANGUAGES

CHINESE = LANGUAGES["zh-CN"]
FOR_OPERATIONS = {topic.value for topic in Topic if topic.is_for_operations}
SHOPPERS_READ = {name: text for name, text in CHINESE.items() if name not in FOR_OPERATIONS}

FROM_THE_SOURCE = {"approved", "parcel_received", "campaign_confirmed"}
"""The source document's own sentences; they stay as they are."""

INSTEAD_OF = {
    "退款请求": "退款申请",
    "报价": "预计退款金额",
    "重新上架费": "退货折损费",
    "承运商": "快递员",
    "支付给您": "退还",
    "材料": "凭证",
    "已过期": "已关闭",
    "寄出": "寄回",
    "退回支付": "退还至",
    "账号": "账户",
    "用户": "客户",
    "现金券": "优惠券",
    "代金券": "优惠券",
}
"""Other words for what already has one."""

SAY_AN_ID = {"refund", "rma", "coupon_id", "payment", "customer", "discount", "id"}
"""Facts that are ids of the books and say nothing to a shopper."""


@pytest.mark.parametrize(("word", "right"), INSTEAD_OF.items())
def test_one_thing_has_one_word(word: str, right: str) -> None:
    wrong = {name for name, text in SHOPPERS_READ.items() if word in text} - FROM_THE_SOURCE

    assert wrong == set(), f"write {right}"


@pytest.mark.parametrize("text", SHOPPERS_READ.values(), ids=SHOPPERS_READ.keys())
def test_no_text_has_english_words_ids_or_utc(text: str) -> None:
    facts = set(re.findall(r"{(\w+)", text))

    assert re.findall(r"[A-Za-z]+", re.sub(r"{[^}]*}", "", text)) == []
    assert facts & SAY_AN_ID == set()


TO_CUSTOMERS = [topic for topic in Topic if not topic.is_for_operations]
FACTS = dict.fromkeys(set(re.findall(r"{(\w+)", "".join(SHOPPERS_READ.values()))), "8")

SAID = st.builds(
    MessageDetails,
    note=st.text() | st.sampled_from(["the pictures show wear", "ok，请补 photo", "ＰＬＥＡＳＥ", "фото", "请拍照片"]),
    because=st.none() | st.sampled_from([*RejectionReason, *HouseReason]),
    wanted=st.lists(st.sampled_from(EvidenceWanted)).map(tuple),
)


@given(st.sampled_from(TO_CUSTOMERS), SAID)
def test_no_english_stands_in_a_chinese_text_whatever_a_reviewer_wrote(topic: Topic, said: MessageDetails) -> None:
    catalogue = Catalogue(LANGUAGES)

    text = catalogue.text("zh-CN", topic, FACTS | catalogue.words("zh-CN", topic, said))

    assert [letter for letter in text if letter.isalpha() and not is_chinese(letter)] == []


def is_chinese(letter: str) -> bool:
    return unicodedata.name(letter).startswith("CJK")


def test_both_languages_say_the_same_things() -> None:
    assert {name for name in CHINESE if not name.startswith("zone.")} == {
        name for name in LANGUAGES["en"] if not name.startswith("zone.")
    }
