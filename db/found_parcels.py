"""Telling operations of parcels that were lost on their way to the customer and came after all (rule 49)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db import messages, positions
from db.stored_orders import StoredOrder
from domain.claims.found_parcels import came_after_all, found
from domain.payout.keys import joined
from domain.sale.orders import Order


async def tell(connection: AsyncConnection, merchant_id: str, before: Order, now: StoredOrder) -> None:
    """Tell once of each parcel of which refunds have something; nothing is read where none was found."""
    came = found(before.shipments, now.order.shipments)
    if not came:
        return
    position = await positions.of_order(connection, merchant_id, now)
    for shipment_id in came:
        sentence = came_after_all(position, shipment_id)
        if sentence is not None:
            subject = joined("came-after-all", now.order.order_id, shipment_id)
            await messages.put_for_operations(connection, merchant_id, "", subject, sentence)
