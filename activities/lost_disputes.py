"""What the bank took after a dispute is counted like money that went back elsewhere, as soon as it can be (rule 52)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.moved_money import Moved, record
from db import payouts
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.claims.positions import OrderPosition
from domain.claims.reasons import GivenReasons, Reason
from domain.lifecycle import PayoutStatus
from domain.money.amounts import Money
from domain.sale.disputes import Dispute
from domain.settlement.external import ExternalRefund
from domain.settlement.moved_elsewhere import lost

_REASON = GivenReasons.one_of_the_four(Reason.MERCHANT_BREACH)


# No undo here: a dispute that is won after all has its payouts taken back (`late_failures.py`).
async def count(
    connection: AsyncConnection,
    merchant_id: str,
    stored: StoredOrder,
    position: OrderPosition,
    dispute: Dispute,
    amount: Money,
    *,
    by: str,
) -> tuple[Dispute, Refund | None]:
    """Count of an amount what no other refund has, under the locks of the order and its customer.

    Returns the dispute as it is to be kept, and the refund that is to be started. No more is counted than is left of
    the payment: what was paid back before is not lost once more. What refunds are to pay to it is, and is held.
    """
    at, part = dispute.last.at, len(dispute.refund_ids) + 1
    said = ExternalRefund(dispute.dispute_id, amount, None, dispute.payment_id, at, is_loss=True, part=part)
    loss, rest = lost(position, said, await _not_paid(connection, position, dispute.payment_id))
    now = replace(dispute, uncounted=rest if rest else None)
    if loss is None:
        return now, None
    refund = await record(connection, merchant_id, stored, position, Moved(loss, _REASON, by))
    return now.counted_as(refund.refund_id), refund


async def _not_paid(connection: AsyncConnection, position: OrderPosition, payment_id: str) -> Money:
    """What refunds are to pay to a payment and have not paid, in the order's currency."""
    by_refund = await payouts.rows_of(connection, [each.refund_id for each in position.refunds])
    rows = (row for rows in by_refund.values() for row in rows if row.payment_id == payment_id)
    open_ones = (row.in_order_currency for row in rows if row.status != PayoutStatus.SUCCEEDED)
    return Money.total(open_ones, position.sale.currency)
