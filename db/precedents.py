"""Precedents: how people decided about the same kind of case before, of the same merchant."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from db.read_models import Precedent, Refund
from db.refunds import came_to
from db.rows import read
from db.schema import JSONB, orders, refund_claims, refunds
from domain.rights.precedents import RiskBand
from domain.rights.review import Decision

LOOKS_THROUGH = 5_000
"""So many of a merchant's newest refunds are looked through, by the index of their days: older ones were judged in
other times, and an index of decisions would be one more to write with every refund."""

_DECIDES = (Decision.APPROVE, Decision.REJECT)


@dataclass(frozen=True, slots=True)
class JudgedBefore:
    """Those found, the newest first, and how many of all that there are were decided how."""

    approved: int
    rejected: int
    newest: list[Precedent]


async def of(connection: AsyncConnection, refund: Refund, band: RiskBand, most: int) -> JudgedBefore:
    """Find what people decided about refunds with the same reason, kind and band of risk; at most so many of them.

    What each came to is read of those alone: documents are large, and thousands are looked through.
    """
    lately = (
        select(*(refunds.c[name] for name in _READ))
        .where(refunds.c.merchant_id == refund.merchant_id, refunds.c.refund_id != refund.refund_id)
        .order_by(refunds.c.created_at.desc(), refunds.c.refund_id.desc())
        .limit(LOOKS_THROUGH)
        .subquery("lately")
    )
    decision = lately.c.review["decision"].astext
    risk = cast(lately.c.risk["score"].astext, BigInteger)
    alike: list[ColumnElement[bool]] = [
        lately.c.reason == refund.reason,
        lately.c.kind == refund.kind,
        risk.between(band.scores[0], band.scores[-1]),
        decision.in_(_DECIDES),
        lately.c.review["rule"].astext.is_(None),
    ]
    counts = [func.count().filter(decision == each).over().label(f"all_{each}") for each in _DECIDES]
    newest = select(lately, *counts).where(*alike).order_by(lately.c.created_at.desc(), lately.c.refund_id.desc())
    found = newest.limit(most).subquery("found")
    query = select(found, came_to("total")).join(refunds, refunds.c.refund_id == found.c.refund_id)
    rows = (await connection.execute(query.order_by(found.c.created_at.desc(), found.c.refund_id.desc()))).all()
    approved, rejected = (rows[0].all_approve, rows[0].all_reject) if rows else (0, 0)
    return JudgedBefore(approved, rejected, [read(Precedent, row) for row in rows])


async def categories(
    connection: AsyncConnection, merchant_id: str, refund_ids: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Return in which of the merchant's categories the goods of refunds are; nothing of those without one."""
    each_line = func.jsonb_path_query(orders.c.snapshot, cast("$.lines[*]", JSONPATH), type_=JSONB).label("line")
    is_theirs = orders.c.merchant_id == refund_claims.c.merchant_id
    lines = (
        select(refund_claims.c.refund_id, refund_claims.c.line_id, each_line)
        .join(orders, is_theirs & (orders.c.order_id == refund_claims.c.order_id))
        .where(refund_claims.c.merchant_id == merchant_id, refund_claims.c.refund_id.in_(list(refund_ids)))
        .subquery()
    )
    category = lines.c.line["category"].astext
    is_its_own = lines.c.line["line_id"].astext == lines.c.line_id
    query = select(lines.c.refund_id, category).where(is_its_own, category != "").distinct()
    found: dict[str, set[str]] = defaultdict(set)
    for refund_id, category in await connection.execute(query):
        found[refund_id].add(category)
    return {refund_id: frozenset(names) for refund_id, names in found.items()}


_READ = ("refund_id", "order_id", "reason", "kind", "currency", "risk", "review", "created_at")
