"""Customers, what they are told, and a sender that is told when to begin: nothing waits for a clock."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import customers, deliveries, messages, schema
from db.customers import Customer
from db.whose import Everyones, of_everyone
from domain.delivery.channels import Channel
from domain.delivery.templates import Templates
from domain.explain.messages import Catalogue
from gateways.locales import load_catalogue
from gateways.messengers.letters import Messenger
from gateways.messengers.mail import Mail, MailServer
from upkeep.deliveries import Deliveries

MERCHANT = "m"


@dataclass
class Post:
    engine: AsyncEngine
    owner: AsyncEngine
    smtp_url: str
    catalogue: Catalogue = field(default_factory=load_catalogue)
    templates: Templates = field(default_factory=Templates)

    def sender(self, timeout_s: float = 20.0, **others: Messenger) -> Deliveries:
        mail = Mail(MailServer.at(self.smtp_url, "Kettles <refunds@shop.example>"), timeout_s)
        messengers: dict[Channel, Messenger] = {Channel.EMAIL: mail}
        messengers |= {Channel(name): messenger for name, messenger in others.items()}
        return Deliveries(self.engine, messengers, self.catalogue, self.templates)

    def sender_of_nothing(self) -> Deliveries:
        return Deliveries(self.engine, {}, self.catalogue, self.templates)

    async def customer(self, **known: Any) -> str:
        customer_id = f"c-{secrets.token_hex(4)}"
        async with self.engine.begin() as connection:
            await customers.put(connection, MERCHANT, Customer(customer_id, **known))
        return customer_id

    async def told(self, customer_id: str, **said: Any) -> None:
        """Put a message into the inbox, as a refund does."""
        message = {
            "merchant_id": MERCHANT,
            "recipient": customer_id,
            "refund_id": f"rf_{secrets.token_hex(8)}",
            "round": 1,
            "topic": "approved",
            "subject": "",
            "locale": "en",
            "body": "Your refund request has been approved.",
        }
        async with self.engine.begin() as connection:
            await messages.put(connection, message | said)

    async def goes_out(self, sender: Deliveries | None = None) -> None:
        """Plan what is new and send what is due, whatever pause it was given."""
        sender = sender or self.sender()
        await sender.plan_all()
        await self.pauses_end()
        for channel in Channel:
            await sender.send_all(channel)

    async def pauses_end(self) -> None:
        """Let the time pass for which a delivery is left alone, or somebody has it."""
        await self.runs("update deliveries set due_at = now() - interval '1 second' where ended_at is null")

    async def runs(self, statement: str, **values: Any) -> list[Any]:
        async with self.owner.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    async def ended(self) -> list[tuple[str | None, str | None]]:
        async with self.owner.connect() as connection:
            query = select(schema.deliveries.c.outcome, schema.deliveries.c.reason)
            found = await connection.execute(query.order_by(schema.deliveries.c.delivery_id))
            return [(row.outcome, row.reason) for row in found]

    async def delays(self) -> dict[str, tuple[int, float]]:
        """By channel: how many it has not taken, and for how many seconds the oldest has waited."""
        with of_everyone(Everyones.METRICS):
            async with self.engine.connect() as connection:
                found = await deliveries.delays(connection)
        return {str(channel): (delay.waiting, delay.longest_s) for channel, delay in found.items()}

    async def operations_heard(self) -> list[str]:
        async with self.owner.connect() as connection:
            told = schema.messages.c
            query = select(told.body).where(told.recipient.is_(None)).order_by(told.message_id)
            return list((await connection.execute(query)).scalars())
