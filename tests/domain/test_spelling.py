"""Ids and words: what looks alike is alike, and what can't be seen is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import spelling

ANYTHING_TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def taken(text: str) -> str | None:
    try:
        return spelling.identifier(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "text",
    [
        "o1",
        "INV/2026/1",
        "SUMMER SALE",
        "支付1",
        "双11　满减",
        "a\\b",
        "p1:reversed",
        "50% off?",
        "#1",
        "…",
        "☃",
        "x" * 100,
    ],
)
def test_an_id_of_a_real_shop_is_taken_as_it_is(text: str) -> None:
    assert spelling.identifier(text) == text


def test_two_spellings_of_one_letter_are_one_id() -> None:
    assert spelling.identifier("cafe\u0301") == spelling.identifier("caf\u00e9") == "caf\u00e9"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "1 to 100 characters"),
        ("x" * 101, "this one has 101"),
        (" x", "neither begins nor ends"),
        ("x ", "neither begins nor ends"),
        ("x\u3000", "neither begins nor ends"),
        (".", "can't be named in an address"),
        ("..", "can't be named in an address"),
        ("x\u200b", r"U\+200B, which is its character 2"),
        ("a\u00a0b", r"U\+00A0"),
        ("a\u202eb", r"U\+202E"),
        ("a\u2028b", r"U\+2028"),
        ("a\ufe0fb", r"U\+FE0F"),
        ("\u3164", r"U\+3164"),
        ("a\tb", r"U\+0009"),
        ("a\r\nb", r"U\+000D"),
        ("a\x00b", r"U\+0000"),
        ("a\x85b", r"U\+0085"),
        ("a\ud800", "broken on its way"),
        ("a\ufffd", "broken on its way"),
        ("a\ufdd0", "broken on its way"),
    ],
)
def test_an_id_that_could_be_mistaken_for_another_is_refused_and_told_why(text: str, because: str) -> None:
    with pytest.raises(ValueError, match=because):
        spelling.identifier(text)


@given(ANYTHING_TYPED)
def test_what_is_taken_as_an_id_is_taken_again_as_the_same(text: str) -> None:
    once = taken(text)

    assert once is None or spelling.identifier(once) == once


@given(ANYTHING_TYPED)
def test_an_id_without_what_can_not_be_seen_is_still_itself(text: str) -> None:
    once = taken(text)
    if once is None:
        return
    seen = [each for each in once if unicodedata.category(each)[0] != "C" or unicodedata.category(each) in ("Co", "Cn")]

    assert "".join(seen) == once


@given(ANYTHING_TYPED)
def test_an_id_written_in_another_normal_form_is_the_same_id(text: str) -> None:
    once = taken(text)

    assert once is None or spelling.identifier(unicodedata.normalize("NFD", text)) == once


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_whatever_ends_a_line_is_a_newline(ends: str) -> None:
    assert spelling.one_form(f"too small{ends}and late{ends}") == "too small\nand late\n"


def test_a_note_keeps_its_tabs_and_joined_emoji_and_is_written_in_one_form() -> None:
    assert spelling.one_form("cafe\u0301\t👩\u200d🔧") == "caf\u00e9\t👩\u200d🔧"


@pytest.mark.parametrize("broken", ["a\x00b", "a\x1bb", "a\x7fb", "a\ud800b"])
def test_a_note_with_what_is_no_text_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r"control characters|half of a surrogate pair"):
        spelling.one_form(broken)


def test_what_a_provider_calls_a_charge_is_kept_letter_by_letter() -> None:
    assert spelling.storable("ch_cafe\u0301 \u200b") == "ch_cafe\u0301 \u200b"


def test_an_id_longer_than_anybody_writes_is_refused_by_its_length_alone() -> None:
    with pytest.raises(ValueError, match="this one has 400000"):
        spelling.identifier("\u200b" * 400_000)


@pytest.mark.parametrize(
    ("link", "is_secret"),
    [
        ("https://shop.example/photos/1.jpg?size=2#top", True),
        ("HTTPS://例え.jp/写真", True),
        ("https://[2001:db8::1]:8443/1.jpg", True),
        ("http://shop.example/1.jpg", False),
    ],
)
def test_a_link_to_a_web_page_is_taken(link: str, is_secret: bool) -> None:
    assert spelling.web_link(link) == link and spelling.is_secret_on_its_way(link) is is_secret


@pytest.mark.parametrize(
    "link",
    [
        "",
        "photo",
        "javascript:alert(1)",
        "JavaScript://shop.example/%0aalert(1)",
        "file:///etc/passwd",
        "data:text/html,<script>",
        "//shop.example/1.jpg",
        "https:///1.jpg",
        "https://",
        "https://shop.example/a b",
        " https://shop.example/1.jpg",
        "https://shop.example/\u202egpj.exe",
        "https://shop.example\\@evil.example/",
        "https://[half/1.jpg",
        "https://shop.example/\ud800",
        "java\nscript:alert(1)",
    ],
)
def test_a_link_that_leads_to_no_web_page_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=r"begins with https://|characters that can be seen"):
        spelling.web_link(link)


def test_evidence_is_a_link_or_what_refers_to_a_picture_that_is_kept() -> None:
    link, picture = "https://shop.example/1.jpg", f"mw-evidence:ev_{'0af' * 10}00"

    assert [spelling.piece_of_evidence(each) for each in (link, picture)] == [link, picture]
    assert [spelling.picture_of(each) for each in (link, picture)] == [None, f"ev_{'0af' * 10}00"]


@pytest.mark.parametrize("piece", ["mw-evidence:", "mw-evidence:ev_1", f"mw-evidence:ev_{'0' * 31}g"])
def test_what_begins_like_a_reference_and_is_none_is_refused(piece: str) -> None:
    with pytest.raises(ValueError, match="as POST /v1/evidence answered it"):
        spelling.piece_of_evidence(piece)


@pytest.mark.parametrize("merchant_id", ["demo", "acme-shop", "7.eleven_shop", "m" * 64])
def test_the_id_of_a_merchant_is_taken(merchant_id: str) -> None:
    assert spelling.merchant_identifier(merchant_id) == merchant_id


@pytest.mark.parametrize("merchant_id", ["", "m" * 65, "商店", "a b", "a/b", "-a", "a\n", "a:b", "é"])
def test_the_id_of_a_merchant_that_others_could_not_keep_is_refused(merchant_id: str) -> None:
    with pytest.raises(ValueError, match="for example acme-shop"):
        spelling.merchant_identifier(merchant_id)


@given(st.text(st.characters(), max_size=50))
def test_whatever_others_say_can_be_kept_once_it_is_legible(text: str) -> None:
    made = spelling.storable(spelling.legible(text))

    assert made.encode().decode() == made


def test_what_others_say_keeps_its_letters_and_its_lines() -> None:
    assert spelling.legible("Guthaben\u2028zu\x00klein\ud800 ✓") == "Guthaben\nzu\ufffdklein\ufffd ✓"
