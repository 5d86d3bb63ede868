"""How a transaction is told whose rows it sees: in the message that begins it, for it alone, and never by accident."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints
from unittest.mock import Mock

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import worker
from db.engine import open_engine, snapshots
from db.whose import Everyones, NobodySaid, from_now_on, of_everyone, of_merchant, of_nobody, required, unsaid
from service.steps import RefundRef
from tools.stack.stack import Stack

ROOT = Path(worker.__file__).parent

SAID_IN = {
    Everyones.CALLERS: ["api/known_callers.py"],
    Everyones.PROOFS: [
        "api/routers/identity.py",
        "api/routers/identity.py",
        "api/routers/passkeys.py",
        "api/routers/passkeys.py",
    ],
    Everyones.LABELS: ["api/routers/labels.py"],
    Everyones.SIGN_INS: ["api/routers/sign_in.py"],
    Everyones.WEBHOOKS: ["api/routers/webhooks.py", "api/routers/webhooks.py"],
    Everyones.METRICS: ["api/figures.py"],
    Everyones.BACKLOG: ["api/backlog.py"],
    Everyones.KEEPERS: ["upkeep/keepers.py"],
    Everyones.SETTLEMENT_REPORTS: ["upkeep/report_reading.py"] * 3,
    Everyones.SEALED: ["db/__main__.py"],
    Everyones.RESTORED: ["db/__main__.py"],
    Everyones.ERASED_AGAIN: ["worker.py", "worker.py"],
}
"""All that sees the rows of every merchant. A line more here needs a reason that stands in `db/whose.py`."""

PRODUCT = ("activities", "api", "db", "gateways", "service", "temporal_client", "upkeep", "workflows")


@pytest.fixture
async def engine_here(stack: Stack) -> AsyncIterator[AsyncEngine]:
    engine = required(open_engine(stack.description.database_url, pool_size=2))
    yield engine
    await engine.dispose()


async def told(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        found: str | None = await connection.scalar(text("select current_setting('makewhole.merchant', true)"))
        return found


@pytest.mark.parametrize(
    "name", ["m", "支付", "o'neill", "'; set role postgres; --", "\\'; reset all; --", "$1", "%s", "a\nb", "x" * 400]
)
async def test_whatever_a_merchant_is_called_it_is_told_as_it_is(engine_here: AsyncEngine, name: str) -> None:
    with of_merchant(name):
        assert await told(engine_here) == await told(snapshots(engine_here)) == name


@pytest.mark.parametrize("name", ["*", "", "a\0b"])
def test_no_merchant_is_called_as_everyone_or_nobody_is(name: str) -> None:
    with pytest.raises(ValueError, match="no merchant"), of_merchant(name):
        pass
    with pytest.raises(ValueError, match="no merchant"):
        from_now_on(name)


async def test_what_is_said_holds_for_the_transactions_that_begin_within_it(engine_here: AsyncEngine) -> None:
    with of_merchant("a"):
        with of_everyone(Everyones.KEEPERS):
            of_all = await told(engine_here)
        with of_nobody():
            none = await told(engine_here)
        async with engine_here.connect() as connection:
            with of_merchant("b"):
                setting = "select current_setting('makewhole.merchant', true)"
                first = await connection.scalar(text(setting)), await told(engine_here)
                still = await connection.scalar(text(setting))
        after = await told(engine_here)

    assert (of_all, none, after) == ("*", "", "a")
    assert (first, still) == (("b", "b"), "b"), "a transaction begins with its first statement"


async def test_of_two_tasks_each_says_it_for_itself(engine_here: AsyncEngine) -> None:
    async def as_request(name: str) -> list[str | None]:
        from_now_on(name)
        return [await told(engine_here) for _ in range(5)]

    answers = await asyncio.gather(*(as_request(name) for name in ("a", "b", "c")))

    assert [set(each) for each in answers] == [{"a"}, {"b"}, {"c"}]


async def test_a_program_that_says_nothing_is_refused_and_elsewhere_sees_nothing(
    engine_here: AsyncEngine, stack: Stack
) -> None:
    lax = open_engine(stack.description.database_url, pool_size=1)
    with of_merchant("a"):
        unsaid()
        async with lax.connect() as connection:
            unset = await connection.scalar(text("select count(*) from refunds"))
        with pytest.raises(NobodySaid):
            await told(engine_here)
    await lax.dispose()
    with of_merchant("a"):
        again = await told(engine_here)

    assert (unset, again) == (0, "a"), "and the pool goes on"


def test_who_sees_everyones_rows_says_so_in_these_places_alone() -> None:
    found = list(places())  # once: it reads the whole product

    assert SAID_IN.keys() == set(Everyones)
    assert {each: sorted(path for said, path in found if said == each.name) for each in Everyones} == SAID_IN


def places() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "worker.py", *(each for room in PRODUCT for each in (ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "of_everyone":
                (why,) = node.args
                assert isinstance(why, ast.Attribute), path
                yield why.attr, str(path.relative_to(ROOT))


def test_every_step_of_a_refund_names_its_refund_and_so_its_merchant() -> None:
    built = worker.activities(Mock(), {}, Mock(), Mock(), Mock())

    assert [each.__name__ for each in built if not names_a_refund(first_parameter(each))] == []


def first_parameter(activity: Any) -> Any:
    hints = get_type_hints(activity)
    return next(kind for name, kind in hints.items() if name != "return")


def names_a_refund(kind: Any) -> bool:
    if kind is RefundRef:
        return True
    return is_dataclass(kind) and any(
        each.name == "refund" and each.type in (RefundRef, "RefundRef") for each in fields(kind)
    )
