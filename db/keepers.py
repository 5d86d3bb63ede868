"""When the work that workers do again and again last came round, and how far it has come."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import keeper_rounds


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many seconds ago work last came round, by the clock that noted it, and how often something of it failed."""

    age_s: float
    troubles: int


async def note_round(connection: AsyncConnection, name: str, troubles: int = 0) -> None:
    """Note that it came round just now, and how often something went wrong since it was noted before."""
    made = insert(keeper_rounds).values(name=name, troubles=troubles)
    again = {"at": func.now(), "troubles": keeper_rounds.c.troubles + troubles}
    await connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=again))


async def place_of(connection: AsyncConnection, name: str) -> Any:
    """Return how far the work has come that is done in parts, as its keeper noted it; None where it never began."""
    return (await connection.execute(select(keeper_rounds.c.place).where(keeper_rounds.c.name == name))).scalar()


async def take_place(connection: AsyncConnection, name: str, first: Any) -> Any:
    """Return it and hold it until the transaction ends; None where another worker does. It begins at `first`."""
    await connection.execute(insert(keeper_rounds).values(name=name, place=first).on_conflict_do_nothing())
    query = select(keeper_rounds.c.place).where(keeper_rounds.c.name == name).with_for_update(skip_locked=True)
    return (await connection.execute(query)).scalar()


async def note_place(connection: AsyncConnection, name: str, place: Any) -> None:
    made = insert(keeper_rounds).values(name=name, place=place)
    await connection.execute(made.on_conflict_do_update(index_elements=["name"], set_={"place": place}))


async def rounds(connection: AsyncConnection) -> dict[str, Rounds]:
    """Tell by its name how each kind of work comes round."""
    age = func.extract("epoch", func.now() - keeper_rounds.c.at).label("age")
    found = await connection.execute(select(keeper_rounds.c.name, age, keeper_rounds.c.troubles))
    return {row.name: Rounds(float(row.age), row.troubles) for row in found}
