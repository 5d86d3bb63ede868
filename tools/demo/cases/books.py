"""The books of the whole demo: what the provider paid, what we say was paid, and what the ledger says, side by side."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tools.demo.cases.plot import Case, Person, Words
from tools.demo.cases.scene import Scene
from tools.demo.cases.wares import yuan

_BY_PROVIDER = "select key, amount from sandbox.refunds where merchant_id = :merchant and status = 'succeeded'"
_BY_US = (
    "select key, amount from payouts where merchant_id = :merchant and status = 'succeeded' and paid_by = 'gateway'"
)
_BY_LEDGER = """
select key, sum(amount) from ledger_entries join postings using (entry_id)
where ledger_entries.merchant_id = :merchant and account = 'payment' and refund_id is not null
group by key having sum(amount) <> 0
"""
_ENTRIES = "select count(*) from ledger_entries where merchant_id = :merchant"
_UNBALANCED = """
select key, unit, sum(amount) from ledger_entries join postings using (entry_id)
where ledger_entries.merchant_id = :merchant group by key, unit having sum(amount) <> 0
"""
_LIVE_HOLDS = "select refund_id, kind, amount from holds where merchant_id = :merchant and state = 'held'"


async def books_agree(scene: Scene) -> None:
    """Read the books in one transaction that cannot write, and verify the chain of the audit trail by HTTP."""
    async with scene.shop.engine.connect() as books:
        await books.execute(text("set transaction isolation level repeatable read read only"))
        await _money_agrees(scene, books)
        await _nothing_is_open(scene, books)
    verification = await scene.shop.ops.get("/v1/audit/verification")
    scene.expect("the audit trail's chain is intact", verification, {"intact": True, "broken_at": None})


async def _money_agrees(scene: Scene, books: AsyncConnection) -> None:
    by_provider = await _amounts(scene, books, _BY_PROVIDER)
    by_us = await _amounts(scene, books, _BY_US)
    by_ledger = await _amounts(scene, books, _BY_LEDGER)
    paid = f"{yuan(sum(by_provider.values()))} in {len(by_provider)} payouts"
    scene.expect(f"the provider paid {paid}, and so we say", by_us, by_provider)
    scene.expect("the ledger says the same of each payout", by_ledger, by_provider)
    scene.expect("the provider paid something at all", bool(by_provider), True)


async def _nothing_is_open(scene: Scene, books: AsyncConnection) -> None:
    ((entries,),) = await _rows(scene, books, _ENTRIES)
    scene.expect(f"each of {entries} ledger entries sums to zero", await _rows(scene, books, _UNBALANCED), [])
    scene.expect("nothing is held any more", await _rows(scene, books, _LIVE_HOLDS), [])


async def _amounts(scene: Scene, books: AsyncConnection, query: str) -> dict[str, int]:
    return {key: int(amount) for key, amount in await _rows(scene, books, query)}


async def _rows(scene: Scene, books: AsyncConnection, query: str) -> list[tuple[Any, ...]]:
    found = await books.execute(text(query), {"merchant": scene.shop.merchant_id})
    return [tuple(row) for row in found]


BOOKS = Case(
    title="The books of all of this",
    person=Person("baozheng", Words("包拯", "Bao Zheng")),
    plot="An auditor compares what the provider paid, what we say was paid, and what the ledger says.",
    play=books_agree,
)
