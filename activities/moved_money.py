"""Money that has moved: a refund that begins where others are paid (rules 51 and 52).

All that a settlement fixes and a payout books is done in one transaction, under the locks of the customer and of the
order. What follows the money is left to the refund's workflow. No undo here: what moved has moved; where a dispute is
won after all its payout is taken back (`late_failures.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.payout_books import PayOut, book_success
from activities.settlement import summary
from db import claims, holds, journal, payouts, policies, positions, refunds, standings, steps
from db.at_once import at_once
from db.codec import to_json
from db.policies import PolicyVersion
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.claims.positions import OrderPosition
from domain.claims.reasons import GivenReasons, RefundKind
from domain.claims.returns import ReturnWindow
from domain.claims.turns import ParcelQueue
from domain.explain.messages import format_money
from domain.lifecycle import PaidBy, RefundStatus
from domain.settlement.external import ExternalRefund, claim_external
from domain.settlement.inputs import SettlementInputs
from domain.settlement.moved_elsewhere import counted
from domain.settlement.settlement import Settlement, Terms
from domain.steps import Step
from service.closed_days import closed_days
from service.holding import to_hold
from service.new_refunds import row_of
from service.settlement_inputs import with_tier
from service.steps import RefundRef


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved, for which reasons, and who says so."""

    external: ExternalRefund
    given: GivenReasons
    by: str


@dataclass(frozen=True, slots=True)
class _Settled:
    moved: Moved
    stored: StoredOrder
    basis: SettlementInputs
    settlement: Settlement
    policy: PolicyVersion


async def record(
    connection: AsyncConnection, merchant_id: str, stored: StoredOrder, position: OrderPosition, moved: Moved
) -> Refund:
    """Make it a refund that is settled, booked and paid, under the locks of its customer and its order.

    Raises RefundRejected.
    """
    settled = await _settled(connection, merchant_id, stored, position, moved)
    refund = await refunds.add(connection, _row(merchant_id, settled))
    await _book(connection, merchant_id, refund, settled)
    return refund


async def _settled(
    connection: AsyncConnection, merchant_id: str, stored: StoredOrder, position: OrderPosition, moved: Moved
) -> _Settled:
    order, external = stored.order, moved.external
    async with at_once(connection) as reads:
        ruling = reads.begin(policies.current, merchant_id)
        customer = reads.begin(
            positions.of_customer, merchant_id, order.customer_id, order.currency, order_id=order.order_id
        )
        entitlements = reads.begin(positions.entitlements_of, merchant_id, order)
    policy = ruling.result()
    if not external.is_loss:
        external = counted(position, external, policy.policy)
    reason, is_closed = moved.given.of_refund.stands_for, closed_days(policy.policy.country)
    window = ReturnWindow(order, position.sale, policy.policy, external.at, is_closed)
    queue = ParcelQueue(position, window, reason, {})
    claimed, extras = claim_external(position, external, policy.policy, queue.turns_of_what_moved())
    parcels = order.shipments if any(not claim.is_adjustment for claim in claimed) else ()
    terms = Terms(reason, None, external.at, extras=extras, external=external.payout, shipments=parcels)
    has = customer.result(), entitlements.result()
    inputs = SettlementInputs(position.refunds, claimed, terms, *has, order_version=stored.version)
    basis = await with_tier(connection, merchant_id, inputs, order, policy.policy)
    return _Settled(replace(moved, external=external), stored, basis, _settle(position, basis, policy), policy)


def _settle(position: OrderPosition, basis: SettlementInputs, policy: PolicyVersion) -> Settlement:
    settlement = basis.settle(position.order, position.sale, policy.policy)
    return replace(settlement, claims=tuple(replace(each, state=ClaimState.SETTLED) for each in settlement.claims))


def _row(merchant_id: str, settled: _Settled) -> dict[str, Any]:
    given, external = settled.moved.given, settled.moved.external
    row = row_of(merchant_id, settled.stored.order, settled.basis, settled.settlement, settled.policy.version)
    return row | {
        "status": RefundStatus.PAYING_OUT,
        "kind": RefundKind.REFUND_ONLY,
        "asked_at": external.at,
        "created_at": external.at,
        "settled_at": external.at,
        "settlement": row["quote"],
        "basis": row["quote_basis"],
        "approved_by_rule": True,
        "given_reasons": None if given.is_one_of_the_four else to_json(given),
        "external": to_json(external),
    }


async def _book(connection: AsyncConnection, merchant_id: str, refund: Refund, settled: _Settled) -> None:
    external, order, settlement = settled.moved.external, settled.stored.order, settled.settlement
    ref = RefundRef(refund.refund_id, merchant_id)
    assert settled.stored.sale is not None
    await claims.add(connection, merchant_id, order.order_id, refund.refund_id, settled.stored.sale, settlement.claims)
    if changed := settled.basis.changes(order, settlement):
        await standings.adding(merchant_id, order.customer_id, changed).on(connection)
    await holds.place(connection, merchant_id, order.customer_id, refund.refund_id, to_hold(settlement))
    await payouts.plan(connection, merchant_id, order, refund.refund_id, settlement.payouts)
    await _pay(connection, ref, external, [each.payment.payment_id for each in settlement.payouts])
    await steps.claim_step(connection, refund.refund_id, ref.step(Step.HOLD), to_json(summary(settlement, {})))
    detail = to_json(external) | {"total": settlement.total.minor_units}
    await journal.record(connection, refund.refund_id, _note(settled.moved, detail))


def _note(moved: Moved, detail: dict[str, Any]) -> journal.Note:
    external, amount = moved.external, format_money(moved.external.as_said.amount)
    if external.is_loss:
        sentence = f"{amount} is lost after dispute {external.external_id}, noted by {moved.by}"
        return journal.Note(AuditAction.DISPUTE_LOST, sentence, moved.by, detail)
    sentence = f"{amount} went back elsewhere ({external.external_id}), noted by {moved.by}"
    return journal.Note(AuditAction.PAID_ELSEWHERE, sentence, moved.by, detail)


async def _pay(
    connection: AsyncConnection, ref: RefundRef, external: ExternalRefund, payment_ids: Sequence[str]
) -> None:
    for payment_id in payment_ids:
        command, reference, why = PayOut(ref, payment_id), external.external_id, "it went back elsewhere"
        await book_success(connection, command, paid_by=PaidBy.EXTERNAL, gateway_ref=reference, why=why)
        payout = await payouts.find(connection, ref.refund_id, payment_id)
        if not external.is_loss:  # a dispute is no refund in the provider's books
            await payouts.accept(connection, payout, [external.external_id])
