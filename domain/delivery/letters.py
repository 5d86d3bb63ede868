"""A message as an e-mail says it: a subject, a text that can be read by itself, and the same as HTML."""

from dataclasses import dataclass
from html import escape

from domain.explain.messages import MAIL, Catalogue


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A message as its inbox has it. `name` is its reader's, empty where nobody knows it; `order_id` likewise."""

    locale: str
    body: str
    name: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


def written(catalogue: Catalogue, said: InboxMessage) -> Written:
    phrases = catalogue.phrases(said.locale)
    subject = phrases[MAIL + ("subject_order" if said.order_id else "subject_rights")].format(order=said.order_id)
    greeting = phrases[MAIL + ("greeting" if said.name else "greeting_unnamed")].format(name=said.name)
    paragraphs = [greeting, said.body, phrases[MAIL + "closing"]]
    return Written(subject, "\n\n".join(paragraphs) + "\n", as_html(said.locale, subject, paragraphs))


def as_html(locale: str, title: str, paragraphs: list[str]) -> str:
    """Say the same as HTML that needs nothing from elsewhere."""
    body = "\n".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return f'<!doctype html>\n<html lang="{escape(locale)}">\n{head}\n<body>\n{body}\n</body>\n</html>\n'
