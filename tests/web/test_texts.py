"""Every text of the pages is there in each language, says the same things, and is used."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from string import Formatter
from unittest.mock import Mock

import pytest

import worker
from db.api_keys import Role
from db.risk_alerts import AlertStatus
from db.settlement_reports import ReportStatus
from domain.audit_actions import AuditAction
from domain.claims.parcel_notes import NotedOf
from domain.claims.reasons import Reason, RefundKind
from domain.entitlements.coupons import CouponOutcome, CouponStatus
from domain.entitlements.gifts import GiftOutcome
from domain.explain.endings import EvidenceWanted, RejectionReason
from domain.explain.waits import WaitedFor
from domain.lifecycle import RefundStatus
from domain.payout.settlement_reports import SettlementDifference
from domain.rights.monitoring import Signal
from domain.rights.precedents import RiskBand
from domain.rights.review import WaitsBecause
from domain.rights.risk import RiskFacts, assess
from domain.sale.orders import LineKind, OrderStatus, SoldForGood
from domain.sale.payments import PaymentMethod
from temporal_client import resume
from web.customer.story import Reached, Stage
from web.pages import TEMPLATES
from web.staff.found import Found
from web.staff.together import Became
from web.texts import LOCALES, PageTexts, load_texts, preferred

ROOM = Path(__file__).parents[2] / "web"
TEXTS = load_texts()
ALL_AGAINST = RiskFacts(50, 50, 50, 50, 600_00, 100_00, 50, timedelta(0), 50, same_picture_in=("rf_1",))
NOBODY_ASKED = {"ask_for_attention", "note_resolution", "note_unheard", "admit_signal", "listen", "record_cancel"}
ASKED_ABOUT = [
    step.__name__
    for step in worker.activities(Mock(), {}, Mock(), Mock(), Mock())
    if step.__name__ not in NOBODY_ASKED | {"look_up_payout", "ask_again"}  # they are called `pay_out`
]
SOURCES = [each.read_text() for each in (*TEMPLATES.rglob("*.html"), *ROOM.rglob("*.py"))]

_USED = re.compile(r"""\bt\(\s*["']([a-z_.]+)["']""")
_FAMILIES = re.compile(r"""\bt\.(?:of|has)\(\s*["']([a-z_.]+)["']""")


def used_keys() -> set[str]:
    return {key for source in SOURCES for key in _USED.findall(source)}


def used_families() -> set[str]:
    return {family for source in SOURCES for family in _FAMILIES.findall(source)}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_each_language_has_the_same_texts_with_the_same_places_to_fill() -> None:
    english = TEXTS["en"].by_key
    for language, texts in TEXTS.items():
        assert texts.by_key.keys() == english.keys(), language
        odd = [key for key, text in texts.by_key.items() if places(text) != places(english[key])]
        assert not odd, (language, odd)


def test_no_text_is_missing_and_none_is_unused() -> None:
    families = used_families()
    known = TEXTS["en"].by_key.keys() - {"common.language"}

    missing = used_keys() - known
    empty = {family for family in families if not any(key.startswith(f"{family}.") for key in known)}
    unused = {key for key in known - used_keys() if not any(key.startswith(f"{family}.") for family in families)}

    assert (missing, empty, unused) == (set(), set(), set())


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("words.status", RefundStatus),
        ("refund.headline", RefundStatus),
        ("refund.wanted", EvidenceWanted),
        ("refund.next", RefundStatus),
        ("refund.stage", Stage),
        ("refund.reached", Reached),
        ("words.reason", Reason),
        ("words.reason_hint", Reason),
        ("words.method", PaymentMethod),
        ("words.order_status", OrderStatus),
        ("words.not_returnable", SoldForGood),
        ("words.coupon_status", CouponStatus),
        ("words.line_kind", [each for each in LineKind if not each.is_unit]),
        ("quote.kind", RefundKind),
        ("staff.status", RefundStatus),
        ("staff.reason", Reason),
        ("staff.role", Role),
        ("desk.kind", RefundKind),
        ("desk.because", WaitsBecause),
        ("desk.rejection", RejectionReason),
        ("desk.speaks", [each.code for each in assess(ALL_AGAINST).reasons]),
        ("desk.band", RiskBand),
        ("together.became", Became),
        ("desk.wanted", EvidenceWanted),
        ("warehouse.found", Found),
        ("warehouse.besides", [each for each in NotedOf if each is not NotedOf.INSPECTION]),
        ("staff.method", PaymentMethod),
        ("reports.waited", WaitedFor),
        ("reports.outcome", CouponOutcome),
        ("reports.outcome", GiftOutcome),
        ("risk_alerts.signal", Signal),
        ("risk_alerts.status", AlertStatus),
        ("actions", AuditAction),
        ("operations.step", [*ASKED_ABOUT, "review", "receipt", "inspection", resume.STEP]),
        ("settlements.status", ReportStatus),
        ("settlements.difference", SettlementDifference),
        ("settlements.means", SettlementDifference),
    ],
)
def test_every_word_of_the_rules_has_its_text(family: str, words: Iterable[str]) -> None:
    assert [word for word in words if not TEXTS["en"].has(family, word)] == []


def test_a_file_says_each_text_once() -> None:
    for part in LOCALES.rglob("*.json"):
        pairs = json.loads(part.read_text(), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), part


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("fr, zh;q=0.2, en;q=0.7", "en"),
        ("", "en"),
        (";q=x,,,zh;q=nonsense", "en"),
        ("de" + ",de" * 5000, "en"),
    ],
)
def test_the_language_is_the_first_that_is_wanted_and_known(accepted: str, language: str) -> None:
    assert preferred(accepted, TEXTS).language == language


def test_what_is_put_into_a_text_cannot_become_markup() -> None:
    assert TEXTS["en"]("order.title", order="<b>{x}</b>") == "Order &lt;b&gt;{x}&lt;/b&gt;"
    assert TEXTS["en"].of("words.status", "<i>") == "&lt;i&gt;"


def test_what_is_put_into_a_text_turns_nothing_beside_it() -> None:
    assert TEXTS["en"]("order.title", order="שלום\u2069\u202e") == "Order \u2068שלום\u202e\u2069"
    assert TEXTS["en"]("order.title", order="订单 ü") == "Order 订单 ü"


_OF_ONE_SIDE = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-)?(?:left|right)\s*:|text-align:\s*(?:left|right)|float:"
)


def test_a_language_from_right_to_left_needs_nothing_but_its_texts() -> None:
    sides = {language: PageTexts(language, "", {}).direction for language in ("ar", "he-IL", "fa", "zh-CN", "en")}
    sheets = {each.name: _OF_ONE_SIDE.findall(each.read_text()) for each in (ROOM / "static").glob("*.css")}

    assert sides == {"ar": "rtl", "he-IL": "rtl", "fa": "rtl", "zh-CN": "ltr", "en": "ltr"}
    assert set(map(tuple, sheets.values())) == {()}, sheets
