"""A message as an e-mail says it."""

from domain.delivery.letters import InboxMessage, page_of, written
from domain.explain.messages import Topic
from tests.domain.delivery.texts import CATALOGUE


def test_of_all_facts_those_are_kept_that_a_message_tells() -> None:
    facts = {"order": "o-1", "deliver_by": "2026-12-05", "total": "1.00 EUR"}

    assert CATALOGUE.of_those("en", Topic.LABEL_READY, facts) == {"order": "o-1", "deliver_by": "2026-12-05"}


def test_the_text_can_be_read_by_itself() -> None:
    letter = written(CATALOGUE, InboxMessage("en", "It was paid.", "Ada", "o-1"))

    assert letter.subject == "Your refund of order o-1"
    assert letter.text.startswith("Hello Ada,\n\nIt was paid.\n\n")
    assert letter.text.endswith("\n")


def test_the_html_says_the_same_and_nothing_of_a_name_is_markup() -> None:
    letter = written(CATALOGUE, InboxMessage("zh-CN", "a < b", "<i>", ""))

    assert '<html lang="zh-CN">' in letter.html
    assert "<p>&lt;i&gt;，您好！</p>\n<p>a &lt; b</p>" in letter.html


def test_who_has_no_name_is_greeted_without_one_and_what_is_about_no_order_names_none() -> None:
    letter = written(CATALOGUE, InboxMessage("en", "x"))

    assert letter.text.startswith("Hello,\n\nx\n")
    assert letter.subject == "Your refunds at our shop"


def test_a_letter_leads_to_the_page_of_its_refund_and_what_has_none_to_no_page() -> None:
    page = page_of("https://refunds.shop.example", "acme", "rf_1", "INV/1&2")

    letter = written(CATALOGUE, InboxMessage("en", "It was paid.", "Ada", "INV/1&2", page))

    assert page == "https://refunds.shop.example/pages/refunds/rf_1?merchant=acme&order=INV%2F1%262"
    assert f"\n\nYou can follow your refund here: {page}\n\n" in letter.text
    address = page.replace("&", "&amp;")
    assert f'<p>You can follow your refund here: <a href="{address}">{address}</a></p>' in letter.html
    assert "href" not in written(CATALOGUE, InboxMessage("en", "It was paid.", "Ada", "o-1")).html
