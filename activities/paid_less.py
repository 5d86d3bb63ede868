"""Goods came back for less because of money off them, and that is given up after all: the rest is asked for (rule 5).

The refund of the money was refused or called off, or it was a loss that was won after all (rule 52). Without this the
rest would wait for somebody who asks.
"""

from collections.abc import Collection

from db import customers, policies, positions, refunds, stored_orders
from domain import clock
from domain.claims.paid_less import claim_what_was_paid_less
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.policy import Policy, ShippingRefund
from domain.settlement.settlement import Terms
from service import own_requests
from service.own_requests import OwnRequest
from service.steps import HOUSE, RefundTransaction


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
    shipping = await _shipping(tx, position)
    if not (claims or shipping) or await refunds.has_a_receiver(connection, merchant_id, order_id):
        return
    terms = Terms(
        Reason.MERCHANT_BREACH,
        include_shipping=bool(shipping),
        at=clock.now(),
        was_sent=stored.order.is_sent,
        shipments=stored.order.shipments,
        paid_less=True,
    )
    due = Money.total((shipping, *(claim.amount for claim in claims)), shipping.currency)
    sentence = f"{format_money(due)} less was paid for what came back, because of refund {tx.refund.refund_id}"
    request = OwnRequest(claims, terms, sentence, {"because_of": tx.refund.refund_id}, HOUSE)
    await own_requests.ask(connection, merchant_id, stored, position, request)


async def _shipping(tx: RefundTransaction, position: OrderPosition) -> Money:
    """What a loss had taken of the shipping, where everything has come back and brings it under any reason."""
    nothing = Money.zero(tx.refund.currency)
    if tx.refund.settlement is None or tx.refund.external is None or not position.is_fully_returned():
        return nothing
    policy = (await policies.current(tx.connection, tx.ref.merchant_id)).policy
    return tx.settlement.shipping.at_most(position.shipping_left) if _comes_back(policy) else nothing


def _comes_back(policy: Policy) -> bool:
    return all(rule is not ShippingRefund.NEVER for rule in policy.shipping_refund.values())
