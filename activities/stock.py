"""What becomes of accepted units is told to the system in which a merchant's stock lives."""

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, is_seen_to, require_done
from activities.parcels import stock_of
from db import claims, stored_orders
from domain.claims.stock import puts_of
from domain.entitlements.elsewhere import StockMoved
from domain.settlement.told_elsewhere import StockOfLine, stock_moved
from domain.steps import Step
from service.steps import RefundRef, StepTransaction, step


class Stock:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    # No undo: a payout that fails later moves no goods. They lie where they were put, and may be sold already.
    @activity.defn
    async def move_stock(self, ref: RefundRef) -> None:
        """Have it told what inspection accepted, once a refund: no later round tells it again."""
        await self._elsewhere.first(self._move, ref)

    async def _move(self, ref: RefundRef) -> None:
        async with step(self._engine, ref, Step.MOVE_STOCK) as tx:
            if not tx.is_first or await is_seen_to(tx, Step.MOVE_STOCK):
                return
            await require_done(tx, Step.MOVE_STOCK, tx.settlement, await _moved(tx))


async def _moved(tx: StepTransaction) -> StockMoved | None:
    refund, refund_id = tx.refund, tx.ref.refund_id
    rows = (await claims.rows_of(tx.connection, [refund_id]))[refund_id]
    stored = await stored_orders.find(tx.connection, tx.ref.merchant_id, refund.order_id)
    assert stored is not None
    skus = {line.line_id: line.sku for line in stored.order.lines}
    measures = refund.measures
    return stock_moved(
        StockOfLine(
            row.line_id,
            skus[row.line_id],
            measures.get(row.line_id),
            puts_of(row.accepted, row.lesser, row.disposition, stock_of(row)),
            row.disposition,
        )
        for row in rows
        if row.accepted
    )
