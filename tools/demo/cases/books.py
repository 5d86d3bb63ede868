"""The books of the whole demo: what the provider paid, what we say was paid, and what the ledger says, side by side."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.whose import of_merchant
from tools.demo.cases.case import Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.sample_orders import yuan

_BY_PROVIDER = "select key, amount from sandbox.refunds where merchant_id = :merchant and status = 'succeeded'"
_BY_US = (
    "select key, amount from payouts where merchant_id = :merchant and status = 'succeeded' and paid_by = 'gateway' "
    "and gateway = 'sandbox'"
)
_BY_LEDGER = """
select key, sum(amount) from ledger_entries join postings using (entry_id)
where ledger_entries.merchant_id = :merchant and account = 'payment' and refund_id is not null
and key not in (select key from payouts where merchant_id = :merchant and gateway <> 'sandbox')
group by key having sum(amount) <> 0
"""
_ENTRIES = "select count(*) from ledger_entries where merchant_id = :merchant"
_UNBALANCED = """
select key, unit, sum(amount) from ledger_entries join postings using (entry_id)
where ledger_entries.merchant_id = :merchant group by key, unit having sum(amount) <> 0
"""
_LIVE_HOLDS = "select refund_id, kind, amount from holds where merchant_id = :merchant and state = 'held'"


async def books_agree(case_run: CaseRun) -> None:
    """Read the books in one transaction that cannot write, and verify the chain of the audit trail by HTTP."""
    with of_merchant(case_run.shop.merchant_id):
        async with case_run.shop.engine.connect() as books:
            await books.execute(text("set transaction isolation level repeatable read read only"))
            await _money_agrees(case_run, books)
            await _nothing_is_open(case_run, books)
    verification = await case_run.shop.ops.get("/v1/audit/verification")
    chain = {name: verification[name] for name in ("intact", "broken_at")}
    case_run.expect("the audit trail's chain is intact", chain, {"intact": True, "broken_at": None})


async def _money_agrees(case_run: CaseRun, books: AsyncConnection) -> None:
    by_provider = await _amounts(case_run, books, _BY_PROVIDER)
    by_us = await _amounts(case_run, books, _BY_US)
    by_ledger = await _amounts(case_run, books, _BY_LEDGER)
    paid = f"{yuan(sum(by_provider.values()))} in {len(by_provider)} payouts"
    case_run.expect(f"the provider paid {paid}, and so we say", by_us, by_provider)
    case_run.expect("the ledger says the same of each payout", by_ledger, by_provider)
    case_run.expect("the provider paid something at all", bool(by_provider), True)


async def _nothing_is_open(case_run: CaseRun, books: AsyncConnection) -> None:
    ((entries,),) = await _rows(case_run, books, _ENTRIES)
    case_run.expect(f"each of {entries} ledger entries sums to zero", await _rows(case_run, books, _UNBALANCED), [])
    case_run.expect("nothing is held any more", await _rows(case_run, books, _LIVE_HOLDS), [])


async def _amounts(case_run: CaseRun, books: AsyncConnection, query: str) -> dict[str, int]:
    return {key: int(amount) for key, amount in await _rows(case_run, books, query)}


async def _rows(case_run: CaseRun, books: AsyncConnection, query: str) -> list[tuple[Any, ...]]:
    found = await books.execute(text(query), {"merchant": case_run.shop.merchant_id})
    return [tuple(row) for row in found]


BOOKS = Case(
    title="The books of all of this",
    person=Person("baozheng", CaseWords("包拯", "Bao Zheng")),
    plot="An auditor compares what the sandbox paid, what we say was paid, and what the ledger says.",
    play=books_agree,
)
