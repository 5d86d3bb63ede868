"""A merchant's own words for a message, in a language and for a channel; what they leave out the house says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from string import Formatter

from domain.delivery.letters import InboxMessage, Written, as_html, written
from domain.explain.messages import DEFAULT_LOCALE, Catalogue, Topic, placeholders

ALWAYS = ("body", "name", "order", "page")
"""What every template may name beside the facts of its message: the house's text, its reader, the order, the page."""

Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Template:
    """Texts with `{names}` of facts; empty where the house's text stands. `aliyun` is the code of one kept there."""

    subject: str = ""
    text: str = ""
    html: str = ""
    sms: str = ""
    aliyun: str = ""


PARTS = ("subject", "text", "html", "sms", "aliyun")
_HOUSE = Template()


@dataclass(frozen=True, slots=True)
class Templates:
    """By merchant and locale, by topic. pages: where customers find the pages, empty where nobody has said it."""

    by_place: Mapping[tuple[str, str], Mapping[str, Template]] = field(default_factory=dict)
    pages: str = ""

    @classmethod
    def checked(cls, files: Mapping[tuple[str, str], Texts], catalogue: Catalogue, pages: str = "") -> "Templates":
        """Take the texts of merchants; raises ValueError that names everything that is wrong with them."""
        wrong = [fault for place, texts in files.items() for fault in _faults(place, texts, catalogue)]
        if wrong:
            raise ValueError("templates are wrong: " + "; ".join(wrong))
        by_place = {place: {topic: Template(**parts) for topic, parts in t.items()} for place, t in files.items()}
        return cls(by_place, pages)

    def of(self, merchant_id: str, locale: str, topic: str) -> Template:
        return self.by_place.get((merchant_id, locale), {}).get(topic, _HOUSE)


def variables(catalogue: Catalogue, topic: Topic) -> list[str]:
    """List what a template of a topic may name."""
    return list(dict.fromkeys([*placeholders(catalogue.phrases(DEFAULT_LOCALE)[topic]), *ALWAYS]))


def _faults(place: tuple[str, str], texts: Texts, catalogue: Catalogue) -> list[str]:
    merchant_id, locale = place
    where = f"{merchant_id} {locale}"
    if locale not in catalogue.locales:
        return [f"{where}: messages are written in {', '.join(catalogue.locales)}"]
    known = {topic.value for topic in Topic if not topic.is_for_operations}
    faults = [f"{where}: there is no message {topic!r}" for topic in texts if topic not in known]
    for topic in texts.keys() & known:
        for part, text in texts[topic].items():
            told = variables(catalogue, Topic(topic))
            faults += [f"{where}, {topic}, {part}: {fault}" for fault in _of_text(part, text, told)]
    return faults


def _of_text(part: str, text: str, told: list[str]) -> list[str]:
    if part not in PARTS:
        return [f"a template has {', '.join(PARTS)}"]
    try:
        pieces = [(name, spec, kind) for _, name, spec, kind in Formatter().parse(text) if name is not None]
    except ValueError as wrong:
        return [str(wrong)]
    faults = [f"{{{name}}} is not told; there is {', '.join(told)}" for name, _, _ in pieces if name not in told]
    return faults + ["write {name} and nothing else between braces" for _, spec, kind in pieces if spec or kind]


@dataclass(frozen=True, slots=True)
class Message:
    """A message with the facts that its text was made of."""

    said: InboxMessage
    facts: Mapping[str, str]


def mail_of(catalogue: Catalogue, template: Template, message: Message) -> Written:
    """Write an e-mail: the merchant's words where there are some, the house's for the rest."""
    house = written(catalogue, message.said)
    facts = _facts(message)
    subject = _filled(template.subject, facts) or house.subject
    text = _filled(template.text, facts) or house.text
    html = _filled(template.html, {name: escape(value) for name, value in facts.items()})
    if not html:
        paragraphs = text.strip().split("\n\n")
        html = as_html(message.said.locale, subject, paragraphs, message.said.page) if template.text else house.html
    return Written(subject, text, html)


def sms_of(template: Template, message: Message) -> str:
    return _filled(template.sms, _facts(message)) or message.said.body


def _facts(message: Message) -> dict[str, str]:
    said = message.said
    return {
        **message.facts,
        "body": said.body,
        "name": said.name,
        "order": said.order_id or message.facts.get("order", ""),
        **({"page": said.page} if said.page else {}),
    }


def _filled(text: str, facts: Mapping[str, str]) -> str:
    """Fill a text in; nothing where a fact lacks, as of messages without a page: the house's text stands."""
    return text.format_map(facts) if all(name in facts for name in placeholders(text)) else ""
