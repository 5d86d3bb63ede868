"""Past refunds: settled ones with what they were settled on, order by order; judged ones with what came of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json as parsed
from sqlalchemy import BigInteger, Integer, Row, Text, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.codec import from_json
from db.sales import sale_from_json
from db.schema import order_versions, orders, refund_claims, refunds
from domain.claims.reasons import GivenReasons, Reason, RefundKind
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.rights.policy_trial import JudgedRefund
from domain.rights.review import Decision, WaitsBecause
from domain.rights.risk import Risk
from domain.sale.orders import Order
from domain.sale.sales import Sale
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement
from domain.settlement.what_if import PastRefund


@dataclass(frozen=True, slots=True)
class StoredRefund:
    """A settled refund; basis and settlement are the text of their JSON.

    `earlier` is that of its order and sale where the order has changed since (rule 57).
    """

    refund_id: str
    asked_at: datetime
    basis: str
    settlement: str
    earlier: tuple[str, str] | None = None

    @property
    def characters(self) -> int:
        return len(self.basis) + len(self.settlement) + sum(map(len, self.earlier or ()))


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order and its settled refunds in the order in which they were settled, as the text of their JSON.

    It is understood where it is worked out, which may be another process: that takes longer than to fetch it.
    """

    snapshot: str
    sale: str
    stored: tuple[StoredRefund, ...]

    @property
    def characters(self) -> int:
        """How much there is to work out."""
        return len(self.snapshot) + len(self.sale) + sum(each.characters for each in self.stored)

    def order(self) -> tuple[Order, Sale]:
        return _understood(self.snapshot, self.sale)

    def refunds(self) -> list[PastRefund]:
        return [
            PastRefund(
                each.refund_id,
                each.asked_at,
                from_json(SettlementInputs, parsed(each.basis)),
                from_json(Settlement, parsed(each.settlement)),
                None if each.earlier is None else _understood(*each.earlier),
            )
            for each in self.stored
        ]


def _understood(snapshot: str, sale: str) -> tuple[Order, Sale]:
    return from_json(Order, parsed(snapshot)), sale_from_json(parsed(sale))


async def settled(
    connection: AsyncConnection, merchant_id: str, since: datetime | None, until: datetime | None
) -> AsyncIterator[PastOrder]:
    """Stream the refunds settled from `since` until before `until`, order by order."""
    unexplained = cast(refunds.c.settlement.op("-")("explanations"), Text).label("settlement")
    columns = (refunds.c.refund_id, refunds.c.order_id, refunds.c.asked_at)
    documents = (
        cast(refunds.c.basis, Text).label("basis"),
        unexplained,
        cast(orders.c.snapshot, Text).label("snapshot"),
        cast(orders.c.sale, Text).label("sale"),
        cast(order_versions.c.snapshot, Text).label("earlier_snapshot"),
        cast(order_versions.c.sale, Text).label("earlier_sale"),
    )
    is_earlier = (order_versions.c.merchant_id == refunds.c.merchant_id) & (
        order_versions.c.order_id == refunds.c.order_id
    )
    is_earlier &= order_versions.c.version == cast(refunds.c.basis["order_version"].astext, Integer)
    query = (
        select(*columns, *documents)
        .select_from(refunds.join(orders).outerjoin(order_versions, is_earlier))
        .where(refunds.c.merchant_id == merchant_id, refunds.c.settlement.is_not(None), refunds.c.basis.is_not(None))
        .order_by(refunds.c.order_id, refunds.c.settled_at, refunds.c.refund_id)
    )
    if since is not None:
        query = query.where(refunds.c.settled_at >= since)
    if until is not None:
        query = query.where(refunds.c.settled_at < until)
    group: list[Row[Any]] = []
    async with connection.stream(query) as rows:
        async for row in rows:
            if group and row.order_id != group[0].order_id:
                yield _past_order(group)
                group = []
            group.append(row)
    if group:
        yield _past_order(group)


def _past_order(rows: list[Row[Any]]) -> PastOrder:
    made = (
        StoredRefund(
            row.refund_id,
            row.asked_at,
            row.basis,
            row.settlement,
            None if row.earlier_snapshot is None else (row.earlier_snapshot, row.earlier_sale),
        )
        for row in rows
    )
    return PastOrder(rows[0].snapshot, rows[0].sale, tuple(made))


_OF_JUDGED = (
    *("customer_id", "order_id", "asked_at", "status", "currency", "kind", "refund_to", "reason", "given_reasons"),
    *("risk", "approvals_needed", "waits_because", "approved_by_rule"),
)


async def judged(
    connection: AsyncConnection, merchant_id: str, since: datetime | None, until: datetime | None
) -> AsyncIterator[JudgedRefund]:
    """Stream the refunds that were judged, asked for from `since` until before `until`, with what came of each.

    They come customer by customer, in the order in which they were asked for.
    """
    is_malicious = exists().where(refund_claims.c.refund_id == refunds.c.refund_id, refund_claims.c.rejected > 0)
    decision = refunds.c.review["decision"].astext
    figures = func.coalesce(refunds.c.settlement, refunds.c.quote)
    total = figures["total"]["minor_units"].astext.cast(BigInteger)
    lessened = func.coalesce(figures["lessened"]["total"]["minor_units"].astext.cast(BigInteger), 0)
    query = (
        select(
            *(refunds.c[name] for name in _OF_JUDGED),
            decision.label("decision"),
            (total + lessened).label("comes_to"),
            is_malicious.label("is_malicious"),
        )
        .where(refunds.c.merchant_id == merchant_id, refunds.c.risk.is_not(None))
        .order_by(refunds.c.customer_id, refunds.c.created_at, refunds.c.refund_id)
    )
    if since is not None:
        query = query.where(refunds.c.created_at >= since)
    if until is not None:
        query = query.where(refunds.c.created_at < until)
    async with connection.stream(query) as rows:
        async for row in rows:
            yield _judged(row)


def _judged(row: Any) -> JudgedRefund:
    given = GivenReasons.one_of_the_four(Reason(row.reason))
    if row.given_reasons is not None:
        given = from_json(GivenReasons, row.given_reasons)
    return JudgedRefund(
        customer_id=row.customer_id,
        order_id=row.order_id,
        asked_at=row.asked_at,
        given=tuple(given.in_effect),
        comes_to=Money(row.currency, int(row.comes_to)),
        risk=from_json(Risk, row.risk),
        kind=RefundKind(row.kind),
        refund_to=RefundTo(row.refund_to),
        approvals_needed=row.approvals_needed,
        in_window=WaitsBecause.OUTSIDE_RETURN_WINDOW not in {each["code"] for each in row.waits_because},
        was_by_rule=row.approved_by_rule,
        is_approved={Decision.APPROVE: True, Decision.REJECT: False}.get(row.decision),
        was_malicious=row.is_malicious,
        was_called_off=row.status in (RefundStatus.CANCELLED, RefundStatus.EXPIRED),
    )
