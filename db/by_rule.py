"""What was approved by rule so far (rule 40)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import refunds
from domain.money import Money
from domain.reasons import RefundStatus
from domain.review import ByRule

_WITHOUT_PAYOUT = [status for status in RefundStatus if status.is_final and status is not RefundStatus.COMPLETED]


async def so_far(connection: AsyncConnection, refund: Row[Any], window: timedelta) -> ByRule:
    """Return what else was approved by rule: for this refund's order, and for its customer within the window.

    What was asked for within the window before or after this refund counts: whoever says when they asked gains
    nothing. What is not settled yet counts as it was quoted. The caller holds the customer's lock.
    """
    total = func.coalesce(refunds.c.settlement, refunds.c.quote)["total"]["minor_units"].astext.cast(BigInteger)
    asked_at, is_this_order = refunds.c.asked_at, refunds.c.order_id == refund.order_id
    is_in_window = (asked_at > refund.asked_at - window) & (asked_at < refund.asked_at + window)
    query = (
        select(
            func.coalesce(func.sum(total).filter(is_this_order), 0).label("of_order"),
            func.coalesce(func.sum(total).filter(is_in_window), 0).label("of_customer"),
        )
        .where(refunds.c.merchant_id == refund.merchant_id, refunds.c.customer_id == refund.customer_id)
        .where(refunds.c.currency == refund.currency, refunds.c.refund_id != refund.refund_id)
        .where(refunds.c.approved_by_rule, refunds.c.status.not_in(_WITHOUT_PAYOUT))
    )
    row = (await connection.execute(query)).one()
    return ByRule(Money(refund.currency, int(row.of_order)), Money(refund.currency, int(row.of_customer)))
