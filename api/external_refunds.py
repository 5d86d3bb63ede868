"""Taking down money that went back elsewhere, once (rule 51)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.moved_money import Moved, record
from api import problems
from api.schemas.external import ExternalRefundBody
from db import customers, positions, refunds, stored_orders
from db.api_keys import Caller
from db.read_models import Refund
from domain.claims.requests import RefundRequest
from domain.money.amounts import Money
from domain.sale.orders import Order
from domain.settlement.external import ExternalRefund
from service import given_reasons, moments


@dataclass(frozen=True, slots=True)
class Taken:
    """The refund that it is, and whether it was not known before."""

    external: ExternalRefund
    order: Order
    refund: Refund
    is_new: bool


async def take(connection: AsyncConnection, caller: Caller, order_id: str, body: ExternalRefundBody) -> Taken:
    """Take it down once, settled, booked and paid.

    Raises Problem (`not_found`, `validation_failed`, `conflicting_state`), RequestRefused and RefundRejected.
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
    asked = RefundRequest(order_id, external.reason)
    given = await given_reasons.given(connection, caller.merchant_id, asked)
    moved = Moved(external, given, caller.name)
    refund = await record(connection, caller.merchant_id, stored, position, moved)
    assert refund.external is not None
    return Taken(refund.external.read(), stored.order, refund, is_new=True)


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
