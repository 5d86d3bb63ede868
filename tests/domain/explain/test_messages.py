"""What people are told, in their language, with amounts as they are written there (rule 38)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.explain.messages import Catalogue, Topic, format_money
from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from domain.settlement.differences import DifferenceCause

LOCALES = Path(__file__).parents[3] / "locales"


def the_shipped_texts(locale: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((LOCALES / f"{locale}.json").read_text(encoding="utf-8"))
    return texts


def a_catalogue(*locales: str) -> Catalogue:
    return Catalogue({locale: dict.fromkeys(the_shipped_texts("en"), f"{locale}: {{order}}") for locale in locales})


def the_shipped_catalogue() -> Catalogue:
    return Catalogue({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in LOCALES.glob("*.json")})


@pytest.mark.parametrize(("wished", "told_in"), [("zh", "zh-CN"), ("en-GB", "en"), ("tlh", "en")])
def test_who_wants_one_language_is_told_all_of_it_in_that(wished: str, told_in: str) -> None:
    in_one = a_catalogue("en", "zh-CN").in_one_language(wished)

    assert in_one.locales == (told_in,)
    assert {in_one.locale_for(each) for each in ("en", "zh-CN", "de")} == {told_in}


@pytest.mark.parametrize(
    ("wished", "told_in"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("de-AT", "de-AT"),
        ("de", "de"),
        ("de-CH", "de"),
        ("pt", "PT-BR"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_people_are_told_in_their_language_or_in_english(wished: str, told_in: str) -> None:
    assert a_catalogue("en", "zh-CN", "de", "de-AT", "PT-BR").locale_for(wished) == told_in


def test_a_text_names_the_facts() -> None:
    text = a_catalogue("en").text("en", Topic.COMPLETED, {"order": "o1", "unused": "x"})

    assert text == "en: o1"


def test_a_language_without_a_text_for_everything_is_refused_by_name() -> None:
    texts = the_shipped_texts("en")
    for name in ("figure.and", "figure.total", "figure.part.goods", "rejected"):
        del texts[name]

    missing = "locale fr has no text for rejected, figure.total, figure.part.goods, figure.and"
    with pytest.raises(ValueError, match=missing):
        Catalogue({"fr": texts})


def test_overdue_work_and_appeals_go_to_operations_and_everything_else_to_the_customer() -> None:
    to_operations = {topic.value for topic in Topic if topic.is_for_operations}

    overdue = {"review_due", "review_overdue", "inspection_overdue"}
    assert to_operations == overdue | {"needs_attention", "balance_too_low", "appealed"}


def test_why_an_amount_changed_is_said_one_cause_after_the_other() -> None:
    both = [DifferenceCause.POLICY_CHANGED, DifferenceCause.LESSER_CONDITION]

    assert the_shipped_catalogue().causes("en", both) == ", ".join(
        the_shipped_texts("en")[f"why.{each}"] for each in both
    )
    assert the_shipped_catalogue().causes("zh-CN", both[:1]) == the_shipped_texts("zh-CN")["why.policy_changed"]


# The texts that are shipped


def test_chinese_and_english_are_there() -> None:
    catalogue = the_shipped_catalogue()

    assert catalogue.locale_for("zh-CN") == "zh-CN"
    assert catalogue.locale_for("en") == "en"


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        (Topic.APPROVED, "您的退款请求已审核通过"),
        (Topic.PARCEL_RECEIVED, "您的退货商品已收到"),
        (Topic.CAMPAIGN_CONFIRMED, "您的‘满1000元返200元’活动资格已恢复，请继续享受优惠。"),
    ],
)
def test_the_sentences_of_the_source_document_are_the_chinese_texts(topic: Topic, sentence: str) -> None:
    assert the_shipped_catalogue().text("zh-CN", topic, {"campaign": "满1000元返200元"}) == sentence


# Amounts


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money("CNY", 54_750), "¥547.50"),
        (Money("EUR", 12_34), "12.34 EUR"),
        (Money("JPY", 500), "500 JPY"),
        (Money("KWD", 1_234_567), "1,234.567 KWD"),
        (Money("CLF", 5), "0.0005 CLF"),
        (Money("CNY", 5), "¥0.05"),
        (Money("CNY", -1_000_00), "¥-1,000.00"),
        (Money("XXX", 150), "1.50 XXX"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(money: Money, written: str) -> None:
    assert format_money(money) == written


def test_the_yen_has_no_decimals_the_yuan_two_the_dinar_three() -> None:
    assert [DECIMALS[code] for code in ("JPY", "CNY", "KWD", "CLF")] == [0, 2, 3, 4]


@given(st.sampled_from(sorted(DECIMALS)), st.integers(-(10**12), 10**12))
def test_no_minor_unit_is_lost_in_writing(currency: str, amount: int) -> None:
    digits = "".join(sign for sign in format_money(Money(currency, amount)) if sign in "-0123456789")

    assert int(digits) == amount


@pytest.mark.parametrize(
    ("locale", "day", "moment"),
    [
        ("en", "2026-12-05", "2026-12-05 16:17 Asia/Shanghai"),
        ("zh-CN", "2026年12月5日", "2026年12月5日 16:17（北京时间）"),
    ],
)
def test_a_deadline_is_said_as_people_read_it_where_they_are(locale: str, day: str, moment: str) -> None:
    catalogue = the_shipped_catalogue()
    end_of_day = datetime.fromisoformat("2026-12-05T23:59:59.999999+08:00")

    assert catalogue.deadline(locale, end_of_day, "Asia/Shanghai") == day
    assert catalogue.deadline(locale, datetime(2026, 12, 5, 8, 17, tzinfo=UTC), "Asia/Shanghai") == moment


def test_a_thing_is_called_by_its_name_and_where_it_has_none_the_language_decides() -> None:
    catalogue = the_shipped_catalogue()

    assert catalogue.called("zh-CN", "新人券", "cpn-100") == "“新人券”"
    assert (catalogue.called("zh-CN", None, "cpn-100"), catalogue.called("en", None, "cpn-100")) == ("", "cpn-100")


def test_ways_to_pay_are_listed_as_people_call_them() -> None:
    assert the_shipped_catalogue().methods("zh-CN", ["card", "store_credit"]) == "原银行卡、余额"
