"""Taking down money that went back elsewhere: a refund that begins where others are paid (rule 51).

All that a settlement fixes and a payout books is done in the request's own transaction, under the locks of the customer
and of the order. What follows the money is left to the refund's workflow.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.payouts import PayOut, book_success
from activities.settlement import summary
from api import given_reasons, moments, problems
from api.schemas.external import ExternalRefundBody
from api.schemas.refunds import RefundBody
from db import claims, customers, holds, journal, payouts, policies, positions, refunds, standings, steps, stored_orders
from db.api_keys import Caller
from db.at_once import at_once
from db.codec import to_json
from db.policies import PolicyVersion
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.claims.claims import ClaimState
from domain.claims.positions import OrderPosition
from domain.claims.reasons import GivenReasons, RefundKind
from domain.explain.messages import format_money
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.sale.orders import Order
from domain.settlement.external import ExternalRefund, claim_external
from domain.settlement.inputs import SettlementInputs
from domain.settlement.moved_elsewhere import counted
from domain.settlement.settlement import Settlement, Terms
from domain.steps import Step
from service.holding import to_hold
from service.settlement_inputs import with_tier
from service.steps import RefundRef

PAID_BY = "external"
"""Who paid what went back elsewhere; the provider is never asked about it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The refund that it is, and whether it was not known before."""

    external: ExternalRefund
    order: Order
    refund: Refund
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Settled:
    external: ExternalRefund
    given: GivenReasons
    stored: StoredOrder
    basis: SettlementInputs
    settlement: Settlement
    policy: PolicyVersion


async def take(connection: AsyncConnection, caller: Caller, order_id: str, body: ExternalRefundBody) -> Taken:
    """Take it down once, settled, booked and paid.

    Raises Problem (`not_found`, `validation_failed`, `conflicting_state`) and RefundRejected.
    """
    customer_id = await customers.lock_of_order(connection, caller.merchant_id, order_id, None)
    stored = await stored_orders.find(connection, caller.merchant_id, order_id, lock=True)
    if customer_id is None or stored is None:
        raise problems.not_found(f"order {order_id!r}")
    external = body.to_domain(stored.order)
    refuse_another_currency(stored.order, external.payment_id, external.amount)
    known = await refunds.by_external_id(connection, caller.merchant_id, order_id, external.external_id)
    if known is not None:
        return _as_known(external, stored.order, known)
    position = await positions.of_order(connection, caller.merchant_id, stored)
    _refuse_what_cannot_be(stored.order, external)
    refund = await record(connection, caller, stored, position, external)
    assert refund.external is not None
    return Taken(refund.external.read(), stored.order, refund, is_new=True)


async def record(
    connection: AsyncConnection,
    caller: Caller,
    stored: StoredOrder,
    position: OrderPosition,
    external: ExternalRefund,
) -> Refund:
    """Make it a refund that is settled, booked and paid, under the locks of its customer and its order.

    Raises Problem (`validation_failed`) and RefundRejected.
    """
    settled = await _settled(connection, caller.merchant_id, stored, position, external)
    refund = await refunds.add(connection, _row(caller, settled))
    await _book(connection, caller, refund, settled)
    return refund


def _as_known(external: ExternalRefund, order: Order, known: Refund) -> Taken:
    assert known.external is not None
    counted_as = known.external.read()
    if counted_as.as_said != external:
        raise problems.conflicting_state(
            f"external refund {external.external_id!r} of order {known.order_id!r} is known as something else: "
            f"refund {known.refund_id}; say what went back besides under another id"
        )
    return Taken(counted_as, order, known, is_new=False)


def refuse_another_currency(order: Order, payment_id: str | None, said: Money) -> None:
    """Raise Problem (`validation_failed`) where an amount is neither in the order's currency nor in its payment's."""
    payment = next((each for each in order.payments if each.payment_id == payment_id), None)
    if said.currency == order.currency or (payment is not None and said.currency == payment.amount.currency):
        return
    known = (
        f"payment {payment_id!r} is in {payment.amount.currency}" if payment else "payment_id names no payment of it"
    )
    raise problems.wrong_field(
        "/currency", f"order {order.order_id!r} is in {order.currency} and {known}: say it in one of the two"
    )


def _refuse_what_cannot_be(order: Order, external: ExternalRefund) -> None:
    moments.refuse_future("/at", external.at, "money can't have gone back in the future")
    if external.at < order.sold_at - moments.CLOCKS_MAY_DIFFER:
        raise problems.wrong_field("/at", "money can't have gone back before the order was paid")
    if external.payment_id is not None and all(each.payment_id != external.payment_id for each in order.payments):
        raise problems.wrong_field("/payment_id", f"order {order.order_id!r} has no such payment")


async def _settled(
    connection: AsyncConnection,
    merchant_id: str,
    stored: StoredOrder,
    position: OrderPosition,
    external: ExternalRefund,
) -> _Settled:
    order = stored.order
    given = await given_reasons.given(
        connection, merchant_id, RefundBody(order_id=order.order_id, reason=external.reason)
    )
    async with at_once(connection) as reads:
        ruling = reads.begin(policies.current, merchant_id)
        customer = reads.begin(
            positions.of_customer, merchant_id, order.customer_id, order.currency, order_id=order.order_id
        )
        entitlements = reads.begin(positions.entitlements_of, merchant_id, order)
    policy = ruling.result()
    if not external.is_loss:
        external = counted(position, external, policy.policy)
    claimed, extras = claim_external(position, external, policy.policy)
    terms = Terms(given.of_refund.stands_for, None, external.at, extras=extras, external=external.payout)
    has = customer.result(), entitlements.result()
    inputs = SettlementInputs(position.refunds, claimed, terms, *has, order_version=stored.version)
    basis = await with_tier(connection, merchant_id, inputs, order, policy.policy)
    return _Settled(external, given, stored, basis, _settle(position, basis, policy), policy)


def _settle(position: OrderPosition, basis: SettlementInputs, policy: PolicyVersion) -> Settlement:
    settlement = basis.settle(position.order, position.sale, policy.policy)
    return replace(settlement, claims=tuple(replace(each, state=ClaimState.SETTLED) for each in settlement.claims))


def _row(caller: Caller, settled: _Settled) -> dict[str, Any]:
    order, external, at = settled.stored.order, settled.external, settled.external.at
    settlement, basis = to_json(settled.settlement), to_json(settled.basis)
    return {
        "refund_id": f"rf_{secrets.token_hex(10)}",
        "merchant_id": caller.merchant_id,
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "guest": None if order.guest is None else to_json(order.guest),
        "status": RefundStatus.PAYING_OUT,
        "currency": order.currency,
        "reason": settled.given.of_refund.stands_for,
        "kind": RefundKind.REFUND_ONLY,
        "include_shipping": None,
        "note": "",
        "metadata": {},
        "order_version": settled.stored.version,
        "asked_at": at,
        "created_at": at,
        "settled_at": at,
        "goods_come_back": False,
        "quoted_policy_version": settled.policy.version,
        "quote": settlement,
        "quote_basis": basis,
        "settlement": settlement,
        "basis": basis,
        "policy_version": settled.policy.version,
        "approved_by_rule": True,
        "given_reasons": None if settled.given.is_one_of_the_four else to_json(settled.given),
        "external": to_json(external),
    }


async def _book(connection: AsyncConnection, caller: Caller, refund: Refund, settled: _Settled) -> None:
    merchant_id, order, settlement = caller.merchant_id, settled.stored.order, settled.settlement
    ref = RefundRef(refund.refund_id, merchant_id)
    assert settled.stored.sale is not None
    await claims.add(connection, merchant_id, order.order_id, refund.refund_id, settled.stored.sale, settlement.claims)
    if changed := settled.basis.changes(order, settlement):
        await standings.adding(merchant_id, order.customer_id, changed).on(connection)
    await holds.place(connection, merchant_id, order.customer_id, refund.refund_id, to_hold(settlement))
    await payouts.plan(connection, merchant_id, order, refund.refund_id, settlement.payouts)
    await _pay(connection, ref, settled.external, [each.payment.payment_id for each in settlement.payouts])
    await steps.claim_step(connection, refund.refund_id, ref.step(Step.HOLD), to_json(summary(settlement)))
    detail = to_json(settled.external) | {"total": settlement.total.minor_units}
    await journal.record(connection, refund.refund_id, _note(caller, settled.external, detail))


def _note(caller: Caller, external: ExternalRefund, detail: dict[str, Any]) -> journal.Note:
    moved = format_money(external.as_said.amount)
    if external.is_loss:
        sentence = f"{moved} is lost after dispute {external.external_id}, noted by {caller.name}"
        return journal.Note("dispute_lost", sentence, caller.name, detail)
    sentence = f"{moved} went back elsewhere ({external.external_id}), noted by {caller.name}"
    return journal.Note("paid_elsewhere", sentence, caller.name, detail)


async def _pay(
    connection: AsyncConnection, ref: RefundRef, external: ExternalRefund, payment_ids: Sequence[str]
) -> None:
    for payment_id in payment_ids:
        paid = {"paid_by": PAID_BY, "gateway_ref": external.external_id, "why": "it went back elsewhere"}
        await book_success(connection, PayOut(ref, payment_id), **paid)
        payout = await payouts.find(connection, ref.refund_id, payment_id)
        if not external.is_loss:  # a dispute is no refund in the provider's books
            await payouts.accept(connection, payout, [external.external_id])
