"""Erasing what is personal of a customer, and saying so in the audit trail, which has nothing personal itself."""

import secrets
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, erasures, journal
from db.erasures import Erasure
from domain import clock
from domain.audit_actions import AuditAction


class NobodyKnown(Exception):
    """There is no such customer."""


def wanted(merchant_id: str, customer_id: str) -> Erasure:
    """Name an erasure that is wanted now."""
    return Erasure(f"er_{secrets.token_hex(10)}", merchant_id, customer_id, clock.now())


async def erase(connection: AsyncConnection, erasure: Erasure, by: str) -> Sequence[str]:
    """Erase, and note who wanted it; returns the customer's refunds. Raises NobodyKnown and erasures.UnderWay."""
    if await customers.find(connection, erasure.merchant_id, erasure.customer_id) is None:
        raise NobodyKnown(erasure.customer_id)
    theirs = await erasures.erase(connection, erasure)
    detail = {"erasure": erasure.erasure_id, "refunds": len(theirs)}
    note = journal.Note(AuditAction.PERSONAL_DATA_ERASED, "what is personal of this customer is erased", by, detail)
    await journal.record_of_customer(connection, erasure.merchant_id, erasure.customer_id, note)
    return theirs
