"""What an order and its customer got by rule so far: without a reviewer (rule 40), without a return (rule 33)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.read_models import Refund
from db.refunds import WITHOUT_PAYOUT
from db.schema import audit_entries, refund_claims, refunds
from domain.audit_actions import AuditAction
from domain.claims.reasons import RefundKind
from domain.money.amounts import Money
from domain.rights.review import ByRule

_FIGURES = func.coalesce(refunds.c.settlement, refunds.c.quote)
_NO_LONGER_OWED = func.coalesce(_FIGURES["lessened"]["total"]["minor_units"].astext.cast(BigInteger), 0)
_COMES_TO = _FIGURES["total"]["minor_units"].astext.cast(BigInteger) + _NO_LONGER_OWED
"""What is paid out, and what the customer no longer owes (rule 50)."""


async def so_far(connection: AsyncConnection, refund: Refund, window: timedelta) -> ByRule:
    """Return what else was approved by rule: for this refund's order, and for its customer within the window.

    What was asked for within the window before or after this refund counts: whoever says when they asked gains
    nothing. What is not settled yet counts as it was quoted. The caller holds the customer's lock.
    """
    known = {"refund_id": refund.refund_id, "merchant_id": refund.merchant_id, "customer_id": refund.customer_id}
    known |= {"order_id": refund.order_id, "currency": refund.currency}
    so_far = _so_far(**known, after=refund.asked_at - window, before=refund.asked_at + window)
    row = (await so_far.on(connection)).one()
    return ByRule(Money(refund.currency, int(row.of_order)), Money(refund.currency, int(row.of_customer)))


@built_once
def _so_far(
    *, refund_id: Any, merchant_id: Any, customer_id: Any, order_id: Any, currency: Any, after: Any, before: Any
) -> Select[Any]:
    is_this_order = refunds.c.order_id == order_id
    is_in_window = (refunds.c.asked_at > after) & (refunds.c.asked_at < before)
    return (
        select(
            func.coalesce(func.sum(_COMES_TO).filter(is_this_order), 0).label("of_order"),
            func.coalesce(func.sum(_COMES_TO).filter(is_in_window), 0).label("of_customer"),
        )
        .where(refunds.c.merchant_id == merchant_id, refunds.c.customer_id == customer_id)
        .where(refunds.c.currency == currency, refunds.c.refund_id != refund_id)
        .where(refunds.c.approved_by_rule, refunds.c.status.not_in(WITHOUT_PAYOUT))
    )


@dataclass(frozen=True, slots=True)
class OfOrder:
    """What an order got or is to get, in minor units, and how much of that for goods that customers keep (rule 33)."""

    whole: int
    kept: int


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> OfOrder:
    row = (await _of_order(merchant_id=merchant_id, order_id=order_id).on(connection)).one()
    return OfOrder(int(row.whole), int(row.kept))


@built_once
def _of_order(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    has_units = exists().where(refund_claims.c.refund_id == refunds.c.refund_id, refund_claims.c.requested > 0)
    is_kept = (refunds.c.kind == RefundKind.RETURN) & refunds.c.goods_come_back.is_(False) & has_units
    return (
        select(
            func.coalesce(func.sum(_COMES_TO), 0).label("whole"),
            func.coalesce(func.sum(_COMES_TO).filter(is_kept), 0).label("kept"),
        )
        .where(refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id)
        .where(refunds.c.status.not_in(WITHOUT_PAYOUT))
    )


async def others_of_order(connection: AsyncConnection, refund: Refund) -> int:
    """Return what else a refund's order got or is to get, whoever approved it."""
    known = {"refund_id": refund.refund_id, "merchant_id": refund.merchant_id, "order_id": refund.order_id}
    return int((await _others_of_order(**known).on(connection)).scalar_one())


@built_once
def _others_of_order(*, refund_id: Any, merchant_id: Any, order_id: Any) -> Select[Any]:
    return (
        select(func.coalesce(func.sum(_COMES_TO), 0))
        .where(refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id)
        .where(refunds.c.refund_id != refund_id, refunds.c.status.not_in(WITHOUT_PAYOUT))
    )


async def by_signal_so_far(connection: AsyncConnection, refund: Refund) -> int:
    """Return what else of a refund's order was approved by signals; the caller holds the customer's lock."""
    known = {"refund_id": refund.refund_id, "merchant_id": refund.merchant_id, "order_id": refund.order_id}
    return int((await _by_signal_so_far(**known).on(connection)).scalar_one())


@built_once
def _by_signal_so_far(*, refund_id: Any, merchant_id: Any, order_id: Any) -> Select[Any]:
    of_order = (audit_entries.c.merchant_id == merchant_id) & (audit_entries.c.order_id == order_id)
    signalled = select(audit_entries.c.refund_id).where(
        of_order, audit_entries.c.action == AuditAction.APPROVAL_BY_SIGNAL
    )
    return (
        select(func.coalesce(func.sum(_COMES_TO), 0))
        .where(refunds.c.refund_id.in_(signalled), refunds.c.refund_id != refund_id)
        .where(refunds.c.status.not_in(WITHOUT_PAYOUT))
    )
