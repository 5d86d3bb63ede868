"""A refund for what was paid although refunds had taken it off what was to be paid (rule 50).

It is asked for in the transaction of the snapshot that says so, under the locks of the customer and of the order, and
judged like any request: by rule, or by a reviewer.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db import journal, policies, positions, refunds, stored_orders
from db import paid_after_all as asked
from db.api_keys import Caller
from db.at_once import at_once
from db.policies import PolicyVersion
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain import clock
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason, RefundKind
from domain.explain.messages import format_money
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.settlement.inputs import SettlementInputs
from domain.settlement.owed import due_after_all
from domain.settlement.settlement import Terms
from service.new_refunds import row_of
from service.settlement_inputs import with_tier


async def ask(connection: AsyncConnection, caller: Caller, order_id: str) -> Refund | None:
    """Ask for what is due, once; None where nothing is, or where it is asked for already."""
    stored = await stored_orders.find(connection, caller.merchant_id, order_id)
    assert stored is not None and stored.sale is not None
    position = await positions.of_order(connection, caller.merchant_id, stored)
    due = due_after_all(position)
    if not due or await asked.is_asked_for(connection, caller.merchant_id, order_id):
        return None
    known = await policies.current(connection, caller.merchant_id)
    basis = await _basis(connection, caller.merchant_id, stored, position, known)
    refund = await refunds.add(connection, _row(caller, stored, basis, known))
    sentence = f"{format_money(due)} was paid although refunds had taken it off what was to be paid"
    await journal.record(connection, refund.refund_id, _note(caller, sentence, due))
    return refund


async def _basis(
    connection: AsyncConnection, merchant_id: str, stored: StoredOrder, position: OrderPosition, known: PolicyVersion
) -> SettlementInputs:
    order = stored.order
    async with at_once(connection) as reads:
        customer = reads.begin(
            positions.of_customer, merchant_id, order.customer_id, order.currency, order_id=order.order_id
        )
        entitlements = reads.begin(positions.entitlements_of, merchant_id, order)
    terms = Terms(
        Reason.MERCHANT_BREACH,
        include_shipping=False,
        at=clock.now(),
        was_sent=order.is_sent,
        shipments=order.shipments,
        paid_after_all=True,
    )
    inputs = SettlementInputs(
        position.refunds, (), terms, customer.result(), entitlements.result(), order_version=stored.version
    )
    return await with_tier(connection, merchant_id, inputs, order, known.policy)


def _row(caller: Caller, stored: StoredOrder, basis: SettlementInputs, known: PolicyVersion) -> dict[str, Any]:
    assert stored.sale is not None
    settlement = basis.settle(stored.order, stored.sale, known.policy)
    row = row_of(caller.merchant_id, stored.order, basis, settlement, known.version)
    return row | {"status": RefundStatus.IN_REVIEW, "kind": RefundKind.REFUND_ONLY, "asked_at": basis.terms.at}


def _note(caller: Caller, sentence: str, due: Money) -> journal.Note:
    return journal.Note("requested", sentence, caller.name, {"paid_after_all": due.minor_units})
