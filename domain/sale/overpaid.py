"""Cents paid too much are the customer's, as long as they are cents (rule 50)."""

from domain.policy import Policy, amount_in
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order


def refuse_paid_too_much(order: Order, policy: Policy) -> None:
    """Raise RefundRejected (`order_does_not_balance`) where an order was paid too much by more than the policy allows.

    A currency that the policy's map lacks allows nothing (rule 58).
    """
    at_most = amount_in(policy.overpaid_at_most, order.currency) or 0
    if order.overpaid.minor_units > at_most:
        paid = (order.paid_and_owed + order.overpaid).minor_units
        raise RefundRejected(
            Refusal.ORDER_DOES_NOT_BALANCE,
            f"lines + shipping − discounts come to {order.price.minor_units}, the payments less interest to {paid}: "
            f"{order.overpaid.minor_units} too much, and overpaid_at_most is {at_most} ({order.currency} minor units)",
        )
