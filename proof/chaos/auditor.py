"""The auditor: reads the ledger, the gateway's books and how refunds ended, and believes nobody else.

What was promised is what the API answered when it accepted a refund: the merchant has it in writing. Where our books
went back, what the provider paid for a refund that they have forgotten counts for the one that was asked for instead.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proof.chaos.players import Promise
from tools.client import FINAL

_PAID = """
select refund_id, sum(amount) as amount from ledger_entries join postings using (entry_id)
where key ~ ('^' || refund_id || '-[0-9]+-[0-9]+$') and account in ('payment', 'store_credit') group by refund_id
"""
# A payout's key is its refund, the payment's place and the noes before: all but the last name the share.
_PAID_TO_PAYMENTS = """
select regexp_replace(key, '-[0-9]+$', '') as payout, refund_id, sum(amount) as amount
from ledger_entries join postings using (entry_id)
where key ~ ('^' || refund_id || '-[0-9]+-[0-9]+$') and account = 'payment' group by payout, refund_id
"""
_PROVIDER = """
select regexp_replace(key, '-[0-9]+$', '') as payout, regexp_replace(key, '-[0-9]+-[0-9]+$', '') as refund_id,
       charge_ref, sum(amount) as amount, count(*) as times
from sandbox.refunds where status = 'succeeded' group by payout, refund_id, charge_ref
"""
_UNBALANCED = """
select key from ledger_entries join postings using (entry_id) group by key, entry_id, unit having sum(amount) <> 0
"""
_PAID_BACK_TOO_MUCH = """
select owner from postings where account = 'payment' group by owner, unit having sum(amount) > 0
"""
_POINTS = "select owner, sum(amount) as amount from postings where account = 'points' group by owner"
_ENDS = "select refund_id, status, needs_attention from refunds"


@dataclass(slots=True)
class Findings:
    """Sentences, each about one refund or entry; all lists are empty where all is well."""

    lost: list[str] = field(default_factory=list)
    double_payouts: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    attention: int = 0
    completed: int = 0


async def audit(engine: AsyncEngine, promises: Sequence[Promise]) -> Findings:
    findings = Findings()
    async with engine.connect() as books:
        await books.execute(text("set transaction isolation level repeatable read read only"))
        ends = {row.refund_id: row for row in await _rows(books, _ENDS)}
        _judge_ends(findings, promises, ends)
        await _judge_promises(findings, books, promises, ends)
        await _compare_with_provider(findings, books, promises, ends)
        findings.unbalanced += [f"entry {row.key}" for row in await _rows(books, _UNBALANCED)]
        findings.unbalanced += [f"more than captured: {row.owner}" for row in await _rows(books, _PAID_BACK_TOO_MUCH)]
        await _judge_points(findings, books, promises, ends)
    return findings


def _judge_ends(findings: Findings, promises: Sequence[Promise], ends: dict[str, Any]) -> None:
    for promise in promises:
        if promise.refund_id not in ends:
            findings.lost.append(f"{promise.refund_id} was accepted and is gone")
    for refund_id, end in ends.items():
        needed = end.needs_attention
        if needed and needed["step"] and needed["reason"]:
            findings.attention += 1
        elif end.status not in FINAL:
            findings.stuck.append(f"{refund_id} is {end.status}")
        findings.completed += end.status == "completed"


async def _judge_promises(
    findings: Findings, books: AsyncConnection, promises: Sequence[Promise], ends: dict[str, Any]
) -> None:
    """What a completed refund gave back is what was promised, and one that was refused gave nothing."""
    paid: dict[str, int] = defaultdict(int)
    paid |= {row.refund_id: int(row.amount) for row in await _rows(books, _PAID)}
    for promise in promises:
        end = ends.get(promise.refund_id)
        due = promise.total if end and end.status == "completed" else 0
        if end and (end.needs_attention or end.status not in FINAL):
            due = min(paid[promise.refund_id], promise.total)
        sentence = f"{promise.refund_id} ({promise.plan.course}, {promise.plan.behaviour}): due {due}"
        if paid[promise.refund_id] < due:
            findings.lost.append(f"{sentence}, paid {paid[promise.refund_id]}")
        elif paid[promise.refund_id] > due:
            findings.double_payouts.append(f"{sentence}, paid {paid[promise.refund_id]}")


async def _compare_with_provider(
    findings: Findings, books: AsyncConnection, promises: Sequence[Promise], ends: dict[str, Any]
) -> None:
    theirs = _by_payout(await _rows(books, _PROVIDER), promises, ends)
    ours = {row.payout: _Paid(row.refund_id, int(row.amount), 1) for row in await _rows(books, _PAID_TO_PAYMENTS)}
    for payout, paid in theirs.items():
        if paid.times > 1:
            findings.double_payouts.append(f"{payout} was paid {paid.times} times")
    for payout in theirs.keys() | ours.keys():
        their_amount, our_amount = (side[payout].amount if payout in side else 0 for side in (theirs, ours))
        refund_id = (theirs.get(payout) or ours[payout]).refund_id
        is_shown = refund_id in ends and ends[refund_id].needs_attention
        if their_amount != our_amount and not is_shown:
            findings.lost.append(f"{payout}: the provider paid {their_amount}, the ledger says {our_amount}")


@dataclass(frozen=True, slots=True)
class _Paid:
    refund_id: str
    amount: int
    times: int


def _by_payout(rows: Sequence[Any], promises: Sequence[Promise], ends: dict[str, Any]) -> dict[str, _Paid]:
    """Add up what the provider paid by payout, under the name of the refund that is known for that charge."""
    instead = {
        payment["gateway_ref"]: promise.refund_id for promise in promises for payment in promise.plan.order["payments"]
    }
    paid: dict[str, _Paid] = {}
    for row in rows:
        refund_id = row.refund_id if row.refund_id in ends else instead.get(row.charge_ref, row.refund_id)
        payout = refund_id + row.payout.removeprefix(row.refund_id)
        before = paid.get(payout, _Paid(refund_id, 0, 0))
        paid[payout] = _Paid(refund_id, before.amount + int(row.amount), before.times + row.times)
    return paid


async def _judge_points(
    findings: Findings, books: AsyncConnection, promises: Sequence[Promise], ends: dict[str, Any]
) -> None:
    """Whoever got everything back has the points from before the order: those spent are back, those earned are gone."""
    balances: dict[str, int] = defaultdict(int)
    balances |= {row.owner: int(row.amount) for row in await _rows(books, _POINTS)}
    for promise in promises:
        end, plan = ends.get(promise.refund_id), promise.plan
        if end and end.status == "completed" and plan.points and balances[plan.customer_id] != plan.points:
            balance = balances[plan.customer_id]
            findings.lost.append(f"{plan.customer_id} had {plan.points} points and has {balance}")


async def _rows(books: AsyncConnection, query: str) -> list[Any]:
    return list(await books.execute(text(query)))
