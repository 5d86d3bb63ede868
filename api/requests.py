"""A refund request: what it would come to, and turning it into a refund."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from api import moments, problems
from api.schemas.refunds import RefundBody
from db import claims, journal, orders, policies, positions, refunds
from db.api_keys import Caller, Role
from db.codec import to_json
from db.orders import StoredOrder
from domain.basis import Basis
from domain.money import Money
from domain.policy import Policy, amount_in
from domain.positions import LineRequest, OrderPosition
from domain.reasons import RefundKind, RefundStatus
from domain.returns import refuse_if_too_late
from domain.settlement import Settlement, Terms


@dataclass(frozen=True, slots=True)
class Quoted:
    """A request that may become a refund, with everything that was decided about it."""

    position: OrderPosition
    basis: Basis
    settlement: Settlement
    policy_version: int
    asked_at: datetime
    order_version: int


async def quote(connection: AsyncConnection, caller: Caller, body: RefundBody, *, lock: bool) -> Quoted:
    """Work out a request without a side effect; `lock` keeps the order still until the transaction ends.

    Raises Problem (`not_found`, `forbidden`, `validation_failed`) and RefundRejected.
    """
    asked_at = _asked_at(caller, body)
    stored = await _order(connection, caller, body.order_id, lock=lock)
    moments.check_request(stored.order, asked_at)
    known = await policies.current(connection, caller.merchant_id)
    position = await positions.of_order(connection, caller.merchant_id, stored)
    refuse_if_too_late(stored.order, known.policy, asked_at)
    currency = stored.order.currency
    basis = Basis(
        refunds=position.refunds,
        claims=position.claim(_lines(body, currency)),
        terms=Terms(body.reason, body.include_shipping, datetime.now(UTC)),
        customer=await positions.of_customer(connection, caller.merchant_id, stored.order.customer_id, currency),
        entitlements=await positions.entitlements_of(connection, caller.merchant_id, body.order_id),
    )
    basis, settlement = _settled(position, basis, known.policy, body.kind)
    return Quoted(position, basis, settlement, known.version, asked_at, stored.version)


def _settled(position: OrderPosition, basis: Basis, policy: Policy, kind: RefundKind) -> tuple[Basis, Settlement]:
    """Settle a request; below the policy's `returnless_below` the customer keeps the goods (rule 33)."""
    settlement = basis.settle(position.order, position.sale, policy)
    moves_units = any(not claim.is_adjustment for claim in basis.claims)
    returnless_below = amount_in(policy.returnless_below, settlement.total.currency) or 0
    if kind is not RefundKind.RETURN or not moves_units or settlement.total.minor_units < returnless_below:
        return basis, settlement
    basis = replace(basis, terms=replace(basis.terms, goods_come_back=True))
    return basis, basis.settle(position.order, position.sale, policy)


async def submit(connection: AsyncConnection, caller: Caller, body: RefundBody) -> str:
    """Store the refund with its claims, so that nobody else can claim the same; returns its id."""
    quoted = await quote(connection, caller, body, lock=True)
    order = quoted.position.order
    refund_id = f"rf_{secrets.token_hex(10)}"
    row = {
        "refund_id": refund_id,
        "merchant_id": caller.merchant_id,
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "status": RefundStatus.IN_REVIEW,
        "currency": order.currency,
        "reason": body.reason,
        "kind": body.kind,
        "include_shipping": body.include_shipping,
        "note": body.note,
        "evidence": list(body.evidence),
        "metadata": body.metadata,
        "order_version": quoted.order_version,
        "asked_at": quoted.asked_at,
        "goods_come_back": quoted.basis.terms.goods_come_back,
        "quoted_policy_version": quoted.policy_version,
        "quote": to_json(quoted.settlement),
        "quote_basis": to_json(quoted.basis),
        "policy_version": quoted.policy_version,
        "pickup": body.pickup,
    }
    await refunds.add(connection, row)
    made = quoted.settlement.claims
    await claims.add(connection, caller.merchant_id, order.order_id, refund_id, quoted.position.sale, made)
    figures = {"reason": body.reason, "kind": body.kind, "total": quoted.settlement.total.minor_units}
    note = journal.Note("requested", f"refund requested by {caller.name}: {body.reason}", caller.name, figures)
    await journal.record(connection, refund_id, note)
    return refund_id


def _asked_at(caller: Caller, body: RefundBody) -> datetime:
    now = datetime.now(UTC)
    if caller.role is Role.CUSTOMER and (body.include_shipping is not None or body.requested_at is not None):
        raise problems.forbidden("include_shipping and requested_at are the merchant's to say")
    if body.requested_at is None:
        return now
    moments.refuse_future("/requested_at", body.requested_at, "the customer can't have asked in the future")
    return body.requested_at


async def _order(connection: AsyncConnection, caller: Caller, order_id: str, *, lock: bool) -> StoredOrder:
    stored = await orders.find(connection, caller.merchant_id, order_id, lock=lock)
    is_own = stored is not None and caller.customer_id in (None, stored.order.customer_id)
    if stored is None or not is_own:
        raise problems.not_found(f"order {order_id!r}")
    return stored


def _lines(body: RefundBody, currency: str) -> list[LineRequest] | None:
    if body.lines is None:
        return None
    return [
        LineRequest(line.line_id, line.quantity, None if line.amount is None else Money(currency, line.amount))
        for line in body.lines
    ]
