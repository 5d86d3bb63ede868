"""A merchant's own words for a message, checked before anybody gets them."""

from dataclasses import replace
from datetime import date

import pytest

from domain.delivery.letters import InboxMessage
from domain.delivery.samples import samples
from domain.delivery.templates import Message, Template, Templates, mail_of, sms_of, variables
from domain.explain.messages import Topic, placeholders
from tests.domain.delivery.texts import CATALOGUE

MESSAGE = Message(
    InboxMessage("en", "1.00 EUR has been paid back.", "A<da", "o-1"), {"total": "1.00 EUR", "where": "card"}
)


def checked(**texts: dict[str, str]) -> Templates:
    return Templates.checked({("acme", "en"): texts}, CATALOGUE)


def test_a_merchants_words_are_used_and_the_houses_for_the_rest() -> None:
    template = checked(paid={"subject": "Money is on its way, {name}"}).of("acme", "en", "paid")

    mail = mail_of(CATALOGUE, template, MESSAGE)

    assert mail.subject == "Money is on its way, A<da"
    assert "1.00 EUR has been paid back." in mail.text
    assert sms_of(template, MESSAGE) == "1.00 EUR has been paid back."


def test_they_are_that_merchants_and_that_languages_alone() -> None:
    templates = checked(paid={"subject": "x"})

    assert templates.of("acme", "en", "paid").subject == "x"
    for elsewhere in (("other", "en", "paid"), ("acme", "zh-CN", "paid"), ("acme", "en", "completed")):
        assert templates.of(*elsewhere) == Template()


def test_facts_are_no_markup_in_html_and_html_follows_a_text_of_its_own() -> None:
    own = mail_of(CATALOGUE, Template(html="<b>{name}</b> {total}"), MESSAGE)
    following = mail_of(CATALOGUE, Template(text="One {total}\n\nTwo"), MESSAGE)

    assert own.html == "<b>A&lt;da</b> 1.00 EUR"
    assert following.text == "One 1.00 EUR\n\nTwo"
    assert "<p>One 1.00 EUR</p>\n<p>Two</p>" in following.html


def test_a_merchants_words_may_name_the_page_and_the_houses_stand_where_there_is_none() -> None:
    template = checked(paid={"text": "Paid: {page}"}).of("acme", "en", "paid")
    said = replace(MESSAGE.said, page="https://shop.example/pages/refunds/rf_1")

    with_a_page = mail_of(CATALOGUE, template, replace(MESSAGE, said=said))

    assert with_a_page.text == f"Paid: {said.page}" and f'<a href="{said.page}">' in with_a_page.html
    assert "has been paid back" in mail_of(CATALOGUE, template, MESSAGE).text


def test_an_sms_has_words_of_its_own() -> None:
    assert sms_of(Template(sms="{order}: {total}"), MESSAGE) == "o-1: 1.00 EUR"


def test_a_message_of_before_facts_were_kept_is_said_by_the_house() -> None:
    assert sms_of(Template(sms="{total}"), Message(MESSAGE.said, {})) == MESSAGE.said.body


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"paid": {"text": "{deliver_by}"}}, r"acme en, paid, text: \{deliver_by\} is not told; there is total, where"),
        ({"paid": {"subject": "{}"}}, r"\{\} is not told"),
        ({"paid": {"sms": "{total.currency}"}}, r"\{total.currency\} is not told"),
        ({"paid": {"sms": "{total!r}"}}, "nothing else between braces"),
        ({"paid": {"sms": "{total:>{where}}"}}, "nothing else between braces"),
        ({"paid": {"html": "{total"}}, "acme en, paid, html: "),
        ({"paid": {"title": "x"}}, "a template has subject, text, html, sms, aliyun"),
        ({"bought": {"text": "x"}}, "there is no message 'bought'"),
        ({"review_due": {"text": "x"}}, "there is no message 'review_due'"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_before_it_is_used(texts: dict[str, dict[str, str]], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        checked(**texts)


def test_everything_that_is_wrong_is_said_at_once_and_a_language_that_nobody_is_told_in() -> None:
    with pytest.raises(ValueError, match="templates are wrong: ") as both:
        checked(paid={"text": "{a}", "sms": "{b}"})
    assert str(both.value).count("is not told") == 2

    with pytest.raises(ValueError, match="acme xx: messages are written in"):
        Templates.checked({("acme", "xx"): {}}, CATALOGUE)


@pytest.mark.parametrize("locale", CATALOGUE.locales)
@pytest.mark.parametrize("topic", [topic for topic in Topic if not topic.is_for_operations])
def test_every_message_can_be_shown_before_anybody_gets_it(locale: str, topic: Topic) -> None:
    shown = samples(CATALOGUE, locale, date(2026, 12, 5))

    assert set(placeholders(CATALOGUE.phrases(locale)[topic])) <= shown.keys()
    assert CATALOGUE.text(locale, topic, shown)
    assert set(variables(CATALOGUE, topic)) - {"body", "name", "page"} <= shown.keys()
