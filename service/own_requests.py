"""Refunds that makewhole asks for by itself: what is the customer's, though nobody asks (rules 5, 50 and 52).

Each is asked for in the transaction that makes it due, under the locks of the customer and of the order, and judged
like any request: by rule, or by a reviewer. The worker's sweep starts it where nobody else does.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db import by_rule, claims, journal, policies, positions, refunds
from db.api_keys import PERSON, person_in
from db.at_once import at_once
from db.policies import PolicyVersion
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.audit_actions import AuditAction
from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import RefundKind
from domain.lifecycle import RefundStatus
from domain.rights.approvals import approvals_needed
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Terms
from service.new_refunds import row_of
from service.provider_limits import with_limits
from service.settlement_inputs import with_tier


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """What is asked for, and what the timeline says of it: a sentence with its figures, and by whose doing.

    Where that is a person of the staff they do not approve it (rule 33).
    """

    claims: tuple[Claim, ...]
    terms: Terms
    sentence: str
    figures: dict[str, Any]
    by: str


async def ask(
    connection: AsyncConnection, merchant_id: str, stored: StoredOrder, position: OrderPosition, asked: OwnRequest
) -> Refund:
    """Store it as a refund in front of whoever decides."""
    known = await policies.current(connection, merchant_id)
    basis = await _basis(connection, merchant_id, stored, position, asked, known)
    settlement = basis.settle(stored.order, position.sale, known.policy)
    row = row_of(merchant_id, stored.order, basis, settlement, known.version)
    row |= {"status": RefundStatus.IN_REVIEW, "kind": RefundKind.REFUND_ONLY, "asked_at": basis.terms.at}
    comes_to = settlement.comes_to
    others = comes_to.like((await by_rule.of_order(connection, merchant_id, stored.order.order_id)).whole)
    row |= {"approvals_needed": approvals_needed(basis.terms.refund_to, known.policy, comes_to, others)}
    person = person_in(asked.by)
    row |= {"asked_by": PERSON + person if person else None}
    refund = await refunds.add(connection, row)
    order_id, made = stored.order.order_id, settlement.claims
    await claims.add(connection, merchant_id, order_id, refund.refund_id, position.sale, made)
    note = journal.Note(AuditAction.REQUESTED, asked.sentence, asked.by, asked.figures)
    await journal.record(connection, refund.refund_id, note)
    return refund


async def _basis(
    connection: AsyncConnection,
    merchant_id: str,
    stored: StoredOrder,
    position: OrderPosition,
    asked: OwnRequest,
    known: PolicyVersion,
) -> SettlementInputs:
    order = stored.order
    async with at_once(connection) as reads:
        customer = reads.begin(
            positions.of_customer, merchant_id, order.customer_id, order.currency, order_id=order.order_id
        )
        entitlements = reads.begin(positions.entitlements_of, merchant_id, order)
    has = customer.result(), entitlements.result()
    inputs = SettlementInputs(position.refunds, asked.claims, asked.terms, *has, order_version=stored.version)
    inputs = await with_limits(connection, merchant_id, inputs, order)
    return await with_tier(connection, merchant_id, inputs, order, known.policy)
