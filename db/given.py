"""What a guest has is given to a customer that the merchant knows: all of it in one transaction (rule 57)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, guests, journal, points, rewards, rights
from db.ledger import Account, EntryCause, balances, post, transfer
from db.read_models import SuspensionRow
from db.schema import (
    JSONB,
    campaign_rewards,
    campaign_standings,
    coupon_uses,
    coupons,
    exclusive_uses,
    holds,
    order_grants,
    orders,
    payment_instruments,
    pictures,
    points_lots,
    refunds,
    suspensions,
)
from db.schema import customers as known_customers
from db.schema import guests as known_guests
from domain.audit_actions import AuditAction
from domain.payout.keys import joined
from domain.rights.suspensions import to_keep
from domain.sale.guests import is_guest

_OWNED = (
    refunds,
    coupons,
    coupon_uses,
    exclusive_uses,
    points_lots,
    holds,
    order_grants,
    campaign_rewards,
    suspensions,
    payment_instruments,
    pictures,
)
"""Tables whose rows say whose they are; orders say it twice. Messages and the audit trail stay as they were said."""

_POCKETS = (Account.STORE_CREDIT, Account.POINTS, Account.OWED)
"""Accounts of the ledger that belong to customers."""


class BelongsToAnother(Exception):
    """What was bought under a contact is another customer's."""

    def __init__(self, contact: str, customer_id: str) -> None:
        super().__init__("what was bought under a contact belongs to another customer")
        self.contact = contact
        self.customer_id = customer_id


class AskedMeanwhile(Exception):
    """A guest asked for a refund while this began: roll back, and begin again."""


@dataclass(frozen=True, slots=True)
class Gift:
    """To whom, and by whose word."""

    merchant_id: str
    customer_id: str
    by: str


async def give(connection: AsyncConnection, gift: Gift, contacts: Sequence[str]) -> None:
    """Give a customer what was bought under these contacts, and what will be; what they have already stays theirs.

    A refund of a guest that is under way waits for this, or this for it: it holds the refund's lock, as every step
    does, before the customers' (docs/architecture.md, Locks). Raises BelongsToAnother and AskedMeanwhile.
    """
    await guests.hold(connection, gift.merchant_id, contacts)
    known = await _owners(connection, gift.merchant_id, contacts)
    for contact, owner in known.items():
        if not is_guest(owner) and owner != gift.customer_id:
            raise BelongsToAnother(contact, owner)
    were = sorted({owner for owner in known.values() if is_guest(owner)})
    await customers.make_known(connection, gift.merchant_id, gift.customer_id)
    asked = await _refunds_of(connection, gift.merchant_id, were)
    for customer_id in sorted([*were, gift.customer_id]):
        await customers.lock(connection, gift.merchant_id, customer_id)
    if await _refunds_of(connection, gift.merchant_id, were) != asked:
        raise AskedMeanwhile
    await _lead(connection, gift, contacts)
    for guest in were:
        await _give_all(connection, gift, guest)
    if were:
        await _count_anew(connection, gift, were)


async def _owners(connection: AsyncConnection, merchant_id: str, contacts: Sequence[str]) -> dict[str, str]:
    known = {mark: contact for contact, mark in (await guests.stored(connection, merchant_id, contacts)).items()}
    theirs = (known_guests.c.merchant_id == merchant_id) & known_guests.c.contact.in_(known)
    query = select(known_guests.c.contact, known_guests.c.customer_id).where(theirs)
    found = {known[row.contact]: row.customer_id for row in await connection.execute(query)}
    return dict(sorted(found.items()))


async def _refunds_of(connection: AsyncConnection, merchant_id: str, were: Sequence[str]) -> list[str]:
    """Lock all refunds of these guests, and name them."""
    theirs = (refunds.c.merchant_id == merchant_id) & refunds.c.customer_id.in_(were)
    query = select(refunds.c.refund_id).where(theirs).order_by(refunds.c.refund_id).with_for_update()
    return list((await connection.execute(query)).scalars())


async def _lead(connection: AsyncConnection, gift: Gift, contacts: Sequence[str]) -> None:
    """From here on these contacts lead to the customer, also those of which nothing is known yet."""
    whose = {"merchant_id": gift.merchant_id, "customer_id": gift.customer_id}
    known = await guests.stored(connection, gift.merchant_id, contacts)
    rows = [{**whose, **_row(gift.merchant_id, contact, known)} for contact in sorted(set(contacts))]
    leading = insert(known_guests).values(rows)
    new_owner = {"customer_id": gift.customer_id}
    await connection.execute(leading.on_conflict_do_update(index_elements=["merchant_id", "contact"], set_=new_owner))


def _row(merchant_id: str, contact: str, known: Mapping[str, str]) -> dict[str, str]:
    row = guests.written(merchant_id, contact)
    return row | {"contact": known.get(contact, row["contact"])}


async def _give_all(connection: AsyncConnection, gift: Gift, guest: str) -> None:
    merchant_id = gift.merchant_id
    theirs = await rights.in_force(connection, merchant_id, guest)
    own = await rights.in_force(connection, merchant_id, gift.customer_id)
    await _give_balances(connection, gift, guest)
    bought = await _give_orders(connection, gift, guest)
    for table in _OWNED:
        await connection.execute(_of(table, merchant_id, guest).values(customer_id=gift.customer_id))
    await _keep_suspended(connection, own, theirs)
    gone = {"given_to": gift.customer_id, "email": None, "phone": None, "counted_until": None}
    await connection.execute(_of(known_customers, merchant_id, guest).values(gone))
    said = journal.Note(AuditAction.GUEST_GIVEN, "what a guest had is this customer's", gift.by, {"orders": bought})
    await journal.record_of_customer(connection, merchant_id, gift.customer_id, said)


async def _give_balances(connection: AsyncConnection, gift: Gift, guest: str) -> None:
    """Move what the ledger has of a guest; what was booked stays as it was booked."""
    lines = []
    for account in _POCKETS:
        for unit, amount in (await balances(connection, gift.merchant_id, account, guest)).items():
            lines += transfer((account, guest), (account, gift.customer_id), unit, amount)
    cause = EntryCause(joined("guest", guest, "given"), "what a guest had is their account's")
    await post(connection, gift.merchant_id, cause, lines)


async def _give_orders(connection: AsyncConnection, gift: Gift, guest: str) -> int:
    snapshot = orders.c.snapshot.op("||")(literal({"customer_id": gift.customer_id}, JSONB))
    theirs = _of(orders, gift.merchant_id, guest).values(customer_id=gift.customer_id, snapshot=snapshot)
    given = await connection.execute(theirs.returning(orders.c.order_id))
    return len(given.all())


async def _keep_suspended(connection: AsyncConnection, own: SuspensionRow | None, theirs: SuspensionRow | None) -> None:
    """Of two suspensions in force the longer one stands: it is imposed anew, since the newest counts (rule 34)."""
    ends = (each.until if each else None for each in (own, theirs))
    stands = own if to_keep(*ends) else theirs
    if stands is None:
        return
    await rights.impose_again(connection, stands.suspension_id)


async def _count_anew(connection: AsyncConnection, gift: Gift, were: Sequence[str]) -> None:
    """Their points come to one balance, their orders to one standing, and what that has earned is granted (rule 23)."""
    kept = campaign_standings.c
    void = delete(campaign_standings).where(kept.merchant_id == gift.merchant_id, kept.customer_id.in_(were))
    await connection.execute(void)
    await connection.execute(_of(known_customers, gift.merchant_id, gift.customer_id).values(counted_until=None))
    await points.settle_lots(connection, gift.merchant_id, gift.customer_id)
    theirs = (orders.c.merchant_id == gift.merchant_id) & (orders.c.customer_id == gift.customer_id)
    currencies = select(orders.c.currency).where(theirs, orders.c.sale.is_not(None)).distinct()
    for currency in sorted((await connection.execute(currencies)).scalars()):
        await rewards.recalculate(
            connection, gift.merchant_id, gift.customer_id, currency, "what was bought as a guest"
        )


def _of(table: Table, merchant_id: str, customer_id: str) -> Any:
    return update(table).where(table.c.merchant_id == merchant_id, table.c.customer_id == customer_id)
