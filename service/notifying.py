"""Telling a customer something in the transaction in which it happens: said exactly once, or not at all (rule 38)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, messages
from domain.explain.messages import DEFAULT_LOCALE, Catalogue, Topic


@dataclass(frozen=True, slots=True)
class About:
    """Whom a message is about, and which refund, if it is one."""

    merchant_id: str
    customer_id: str
    refund_id: str | None = None


async def locale_of(connection: AsyncConnection, catalogue: Catalogue, about: About) -> str:
    customer = await customers.find(connection, about.merchant_id, about.customer_id)
    return catalogue.locale_for(customer.locale if customer else DEFAULT_LOCALE)


async def notify(
    connection: AsyncConnection,
    catalogue: Catalogue,
    about: About,
    topic: Topic,
    subject: str,
    facts: Mapping[str, str],
) -> None:
    """Put a message into the inbox of the customer, or of operations where the topic is theirs.

    `subject` tells messages of one topic apart; those about a refund are put there once each.
    """
    for_operations = topic.is_for_operations
    locale = DEFAULT_LOCALE if for_operations else await locale_of(connection, catalogue, about)
    message = {
        "merchant_id": about.merchant_id,
        "recipient": messages.OPERATIONS if for_operations else about.customer_id,
        "refund_id": about.refund_id,
        "topic": topic,
        "subject": subject,
        "locale": locale,
        "body": catalogue.text(locale, topic, facts),
        "facts": catalogue.of_those(locale, topic, facts),
    }
    await messages.put(connection, message)
