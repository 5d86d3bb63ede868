"""Messages made ready for a channel, and the words in which operations hear of those that did not arrive."""

import json

from db.deliveries import Ended, Parcelled
from domain.delivery.channels import Channel, Outcome
from domain.delivery.letters import InboxMessage, page_of
from domain.delivery.templates import Message, Templates, mail_of, sms_of
from domain.explain.messages import Catalogue
from gateways.messengers.letters import Letter


def letter_for(catalogue: Catalogue, templates: Templates, parcelled: Parcelled, channel: Channel) -> Letter:
    """Write a message for a channel; it has an address there."""
    assert parcelled.address is not None
    page = _page(templates.pages, parcelled)
    said = InboxMessage(parcelled.locale, parcelled.body, parcelled.name or "", parcelled.order_id or "", page)
    message = Message(said, parcelled.facts)
    template = templates.of(parcelled.merchant_id, parcelled.locale, parcelled.topic)
    to = (key_of(parcelled, channel), parcelled.address, parcelled.locale)
    if channel is Channel.SMS:
        text = sms_of(template, message)
        return Letter(*to, "", text, "", template.aliyun, dict(parcelled.facts), parcelled.asked_at)
    mail = mail_of(catalogue, template, message)
    return Letter(*to, mail.subject, mail.text, mail.html, asked_at=parcelled.asked_at)


def _page(pages: str, parcelled: Parcelled) -> str:
    """Where its reader sees how it stands; of what is about no refund there is none."""
    if not pages or parcelled.refund_id is None:
        return ""
    return page_of(pages, parcelled.merchant_id, parcelled.refund_id, parcelled.order_id or "")


def key_of(parcelled: Parcelled, channel: Channel) -> str:
    """Name the intent: this event of this refund, in this round, by this channel; never the attempt."""
    event = (parcelled.refund_id, parcelled.round, parcelled.topic, parcelled.subject)
    return json.dumps((parcelled.merchant_id, *event, channel), ensure_ascii=False)


_WHY = {
    Outcome.REFUSED: "can't be delivered",
    Outcome.GIVEN_UP: "could not be delivered for days and is given up",
    Outcome.UNDELIVERED: "was taken and reached nobody",
    Outcome.UNKNOWN: "may not have arrived: the connection broke while it was handed over, and it is not sent twice",
}


def sentence(parcelled: Parcelled, channel: Channel, ended: Ended) -> str:
    """Say to operations what did not arrive and why; it is in the inbox all the same."""
    about = f" of refund {parcelled.refund_id}" if parcelled.refund_id else ""
    because = f" ({ended.reason})" if ended.reason else ""
    what = f"The message {parcelled.topic!r}{about} {_WHY[ended.outcome]} by {channel}{because}."
    return f"{what} It is in the customer's inbox."
