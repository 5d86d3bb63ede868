"""What is undone of a sale is told to the system that works a merchant's promotions out by itself."""

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, is_seen_to, require_done
from db import stored_orders
from domain.entitlements.elsewhere import UnitsBack
from domain.settlement.told_elsewhere import units_back
from domain.steps import Step
from service.steps import RefundRef, StepTransaction, step


class Promotions:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    # No undo: a payout that fails later is paid in another round, or by hand. The units stay back.
    @activity.defn
    async def return_units(self, ref: RefundRef) -> None:
        """Have it told which units are back, once a refund: no later round tells it again."""
        await self._elsewhere.first(self._return, ref)

    async def _return(self, ref: RefundRef) -> None:
        async with step(self._engine, ref, Step.RETURN_UNITS) as tx:
            if not tx.is_first or await is_seen_to(tx, Step.RETURN_UNITS):
                return
            await require_done(tx, Step.RETURN_UNITS, tx.settlement, await _back(tx))


async def _back(tx: StepTransaction) -> UnitsBack | None:
    stored = await stored_orders.find(tx.connection, tx.ref.merchant_id, tx.refund.order_id)
    assert stored is not None
    return units_back(tx.settlement, stored.order.lines)
