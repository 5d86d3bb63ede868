"""Guests: which customer has what was bought under an e-mail or a phone (rule 57).

A guest is a row of customers with an id of our own, so that all that counts by customer counts. What they have can be
given to a customer that the merchant knows (`db/given.py`); from then on the contact leads there.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Executable, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks, sealing
from db.built import built_once, one_of
from db.customers import DEFAULT_LOCALE
from db.schema import customers, guests
from db.schema.sealed import sealed_row
from domain.sale.guests import Guest, guest_id, is_guest
from domain.sale.orders import Order


async def hold(connection: AsyncConnection, merchant_id: str, contacts: Sequence[str]) -> None:
    """Keep it still who has what was bought under these contacts, until the transaction ends."""
    for contact in sorted(set(contacts)):
        await locks.hold(connection, "guest", merchant_id, contact)


async def owned(connection: AsyncConnection, merchant_id: str, order: Order) -> Order:
    """Say of an order that names a guest whose it is; a guest who is not known yet gets an id."""
    if order.guest is None:
        return order
    contact = order.guest.contact
    await hold(connection, merchant_id, [contact])
    known = await _owner(merchant_id=merchant_id, contacts=_marks(merchant_id, contact)).on(connection)
    owner = known.scalar_one_or_none() or await _new(connection, merchant_id, contact)
    return replace(order, customer_id=owner)


@built_once
def _owner(*, merchant_id: Any, contacts: Any) -> Executable:
    is_it = (guests.c.merchant_id == merchant_id) & one_of(guests.c.contact, contacts)
    return select(guests.c.customer_id).where(is_it)


def _marks(merchant_id: str, contact: str) -> list[str]:
    """What stands for a contact in the table, the newest first: a mark by each key, and itself, as of before."""
    return list(sealing.marks(f"guest/{merchant_id}", contact))


def written(merchant_id: str, contact: str) -> dict[str, str]:
    """A contact as its row has it: found by a mark, and read by who has the keys."""
    mark = _marks(merchant_id, contact)[0]
    about = sealing.about_row("guest", merchant_id, mark.removeprefix(sealing.PREFIX))
    return {"contact": mark, **sealed_row(guests, about, {"sealed_contact": contact})}


async def stored(connection: AsyncConnection, merchant_id: str, contacts: Sequence[str]) -> dict[str, str]:
    """Find those of these contacts that have a row, each with what stands for it there."""
    asked = {mark: contact for contact in contacts for mark in _marks(merchant_id, contact)}
    is_one = (guests.c.merchant_id == merchant_id) & one_of(guests.c.contact, list(asked))
    found = await connection.execute(select(guests.c.contact).where(is_one))
    return {asked[mark]: mark for mark in found.scalars()}


async def _new(connection: AsyncConnection, merchant_id: str, contact: str) -> str:
    whose = {"merchant_id": merchant_id, "customer_id": guest_id(secrets.token_hex(10))}
    await connection.execute(insert(customers).values(**whose, locale=DEFAULT_LOCALE))
    await connection.execute(insert(guests).values(**whose, **written(merchant_id, contact)))
    return whose["customer_id"]


async def note_details(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note where a guest is reached and in which language; what the newest order does not say stays."""
    if order.guest is None or not is_guest(order.customer_id):
        return
    said = {name: value for name, value in _details(order.guest).items() if value is not None}
    whose = (customers.c.merchant_id == merchant_id) & (customers.c.customer_id == order.customer_id)
    about = sealing.about_customer(merchant_id, order.customer_id)
    await connection.execute(update(customers).where(whose).values(sealed_row(customers, about, said)))


def _details(guest: Guest) -> dict[str, str | None]:
    told = guest.in_one_form
    return {"email": told.email, "phone": told.phone, "locale": told.locale}


async def contacts_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> list[str]:
    """List the contacts under which a customer bought as a guest, in their order."""
    theirs = (guests.c.merchant_id == merchant_id) & (guests.c.customer_id == customer_id)
    query = select(guests.c.contact, guests.c.sealed_contact).where(theirs)
    return sorted(row.sealed_contact or row.contact for row in await connection.execute(query))


async def also_known_as(connection: AsyncConnection, merchant_id: str, customer_id: str) -> list[str]:
    """List the ids of a customer: their own, and those of the guests they were, under which things were said before."""
    given = (customers.c.merchant_id == merchant_id) & (customers.c.given_to == customer_id)
    guests_ids = await connection.execute(select(customers.c.customer_id).where(given))
    return [customer_id, *guests_ids.scalars()]


async def owners_now(connection: AsyncConnection, merchant_id: str, owners: Sequence[str]) -> dict[str, str]:
    """Say who has what these guests had, for those who have an account by now; they stay so until the end."""
    found = await _given(merchant_id=merchant_id, customer_ids=list(owners)).on(connection)
    return {row.customer_id: row.given_to for row in found if row.given_to is not None}


@built_once
def _given(*, merchant_id: Any, customer_ids: Any) -> Executable:
    theirs = (customers.c.merchant_id == merchant_id) & one_of(customers.c.customer_id, customer_ids)
    return select(customers.c.customer_id, customers.c.given_to).where(theirs).with_for_update(read=True)
