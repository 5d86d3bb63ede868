"""Whom the accounts of identity providers belong to: an account stays the person that it was first."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import staff_people
from domain.rights.staff import ProviderAccount


async def person_of(connection: AsyncConnection, merchant_id: str, account: ProviderAccount) -> str | None:
    """Return whose account it is; None where nobody has signed in with it."""
    person: str | None = (
        await connection.execute(
            select(staff_people.c.person).where(
                staff_people.c.merchant_id == merchant_id,
                staff_people.c.issuer == account.issuer,
                staff_people.c.subject == account.subject,
            )
        )
    ).scalar_one_or_none()
    return person


async def accounts_of(connection: AsyncConnection, merchant_id: str, person: str) -> Sequence[ProviderAccount]:
    """Return by which accounts a person has signed in."""
    theirs = (staff_people.c.merchant_id == merchant_id) & (staff_people.c.person == person)
    query = select(staff_people.c.issuer, staff_people.c.subject).where(theirs)
    return [ProviderAccount(*row) for row in await connection.execute(query)]


async def note(connection: AsyncConnection, merchant_id: str, account: ProviderAccount, person: str) -> None:
    """Note whose account it is, from now on."""
    row = {"merchant_id": merchant_id, "issuer": account.issuer, "subject": account.subject, "person": person}
    new = insert(staff_people).values(row)
    await connection.execute(
        new.on_conflict_do_update(index_elements=["merchant_id", "issuer", "subject"], set_={"person": person})
    )


async def who_sign_in(connection: AsyncConnection, merchant_id: str, persons: Sequence[str]) -> frozenset[str]:
    """Return which of these people have an account by which they sign in."""
    theirs = (staff_people.c.merchant_id == merchant_id) & staff_people.c.person.in_(persons)
    return frozenset((await connection.execute(select(staff_people.c.person).where(theirs).distinct())).scalars())
