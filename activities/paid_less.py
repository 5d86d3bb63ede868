"""Goods came back for less because of money off them, and that is given up after all: the rest is asked for (rule 5).

The refund of the money was refused or called off, or it was a loss that was won after all (rule 52). Without this the
rest would wait for somebody who asks.
"""

from collections.abc import Collection
from dataclasses import replace

from db import customers, policies, positions, refunds, stored_orders
from domain import clock
from domain.claims.live_refunds import LiveRefund
from domain.claims.paid_less import claim_what_was_paid_less
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.policy import Policy
from domain.said import HOUSE
from domain.settlement.settlement import Terms
from domain.settlement.shipping import always_comes_back, shipping_back
from service import own_requests
from service.own_requests import OwnRequest
from service.steps import RefundTransaction


# No undo: it is a refund like any other from here on.
async def ask_for_it(tx: RefundTransaction, line_ids: Collection[str]) -> None:
    """Ask for what units of these lines paid less, now that the refund that took money off them has let it go.

    What was asked for like this and is refused is not asked for again. Where the receiver of a gift returned anything,
    a person is to say whose it is: the giver is told of nothing.
    """
    connection, merchant_id, order_id = tx.connection, tx.ref.merchant_id, tx.refund.order_id
    if tx.refund.quote_basis.read().terms.paid_less:
        return
    await customers.lock_of_order(connection, merchant_id, order_id, None)
    stored = await stored_orders.find(connection, merchant_id, order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, merchant_id, stored)
    claims = claim_what_was_paid_less(position, line_ids)
    policy = (await policies.current(connection, merchant_id)).policy
    terms = Terms(
        Reason.MERCHANT_BREACH,
        include_shipping=await _is_shipping_due(tx, position, policy),
        at=clock.now(),
        was_sent=stored.order.is_sent,
        shipments=stored.order.shipments,
        paid_less=True,
    )
    back = shipping_back(position, claims, terms, policy)
    shipping = Money.total((each.amount for each in back), tx.refund.currency)
    if not (claims or shipping) or await refunds.has_a_receiver(connection, merchant_id, order_id):
        return
    terms = replace(terms, include_shipping=bool(shipping))
    due = Money.total((shipping, *(claim.amount for claim in claims)), shipping.currency)
    sentence = f"{format_money(due)} less was paid for what came back, because of refund {tx.refund.refund_id}"
    request = OwnRequest(claims, terms, sentence, {"because_of": tx.refund.refund_id}, HOUSE)
    await own_requests.ask(connection, merchant_id, stored, position, request)


async def _is_shipping_due(tx: RefundTransaction, position: OrderPosition, policy: Policy) -> bool:
    """Whether a loss had taken of the shipping, and what came back brings it: of parcels the settlement asks each."""
    if tx.refund.settlement is None or tx.refund.external is None or not tx.settlement.shipping:
        return False
    if any(shipment.amount is not None for shipment in position.order.shipments):
        return True
    if position.is_fully_returned():
        return always_comes_back(policy)
    return any([await _brings_shipping(tx, position, each, policy) for each in position.refunds])


async def _brings_shipping(tx: RefundTransaction, position: OrderPosition, live: LiveRefund, policy: Policy) -> bool:
    refund = await refunds.get(tx.connection, live.refund_id)
    if refund.settlement is None or refund.external is not None:
        return False
    terms = (refund.basis or refund.quote_basis).read().terms
    others = position.without(live.refund_id)
    return any(each.decision.is_due for each in shipping_back(others, live.claims, terms, policy))
