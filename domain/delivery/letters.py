"""A message as an e-mail says it: a subject, a text that can be read by itself, and the same as HTML."""

from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode

from domain.explain.messages import MAIL, Catalogue


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A message as its inbox has it. `name` is its reader's, empty where nobody knows it; `order_id` likewise.

    `page` is the address at which its reader sees how their refund stands, empty where there is none.
    """

    locale: str
    body: str
    name: str = ""
    order_id: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


def written(catalogue: Catalogue, said: InboxMessage) -> Written:
    phrases = catalogue.phrases(said.locale)
    subject = phrases[MAIL + ("subject_order" if said.order_id else "subject_rights")].format(order=said.order_id)
    greeting = phrases[MAIL + ("greeting" if said.name else "greeting_unnamed")].format(name=said.name)
    where = [phrases[MAIL + "page"].format(page=said.page)] if said.page else []
    paragraphs = [greeting, said.body, *where, phrases[MAIL + "closing"]]
    return Written(subject, "\n\n".join(paragraphs) + "\n", as_html(said.locale, subject, paragraphs, said.page))


def page_of(pages: str, merchant_id: str, refund_id: str, order_id: str) -> str:
    """Return where a refund's customer follows it, after a code. pages: where the pages are, without a path."""
    query = urlencode({"merchant": merchant_id, "order": order_id})
    return f"{pages}/pages/refunds/{quote(refund_id, safe='')}?{query}"


def as_html(locale: str, title: str, paragraphs: list[str], page: str = "") -> str:
    """Say the same as HTML that needs nothing from elsewhere; the address of its page is a link."""
    body = "\n".join(f"<p>{_linked(escape(each), escape(page))}</p>" for each in paragraphs)
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return f'<!doctype html>\n<html lang="{escape(locale)}">\n{head}\n<body>\n{body}\n</body>\n</html>\n'


def _linked(text: str, page: str) -> str:
    return text.replace(page, f'<a href="{page}">{page}</a>') if page else text
