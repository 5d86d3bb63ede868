"""A refund for what was paid although refunds had taken it off what was to be paid (rule 50).

It is asked for in the transaction of the snapshot that says so, under the locks of the customer and of the order.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from db import paid_after_all as asked
from db import positions, stored_orders
from db.api_keys import Caller
from db.read_models import Refund
from domain import clock
from domain.claims.reasons import Reason
from domain.explain.messages import format_money
from domain.settlement.owed import due_after_all
from domain.settlement.settlement import Terms
from service import own_requests
from service.own_requests import OwnRequest


async def ask(connection: AsyncConnection, caller: Caller, order_id: str) -> Refund | None:
    """Ask for what is due, once; None where nothing is, or where it is asked for already."""
    stored = await stored_orders.find(connection, caller.merchant_id, order_id)
    assert stored is not None and stored.sale is not None
    position = await positions.of_order(connection, caller.merchant_id, stored)
    due = due_after_all(position)
    if not due or await asked.is_asked_for(connection, caller.merchant_id, order_id):
        return None
    terms = Terms(
        Reason.MERCHANT_BREACH,
        include_shipping=False,
        at=clock.now(),
        was_sent=stored.order.is_sent,
        shipments=stored.order.shipments,
        paid_after_all=True,
    )
    sentence = f"{format_money(due)} was paid although refunds had taken it off what was to be paid"
    request = OwnRequest((), terms, sentence, {"paid_after_all": due.minor_units}, caller.name)
    return await own_requests.ask(connection, caller.merchant_id, stored, position, request)
