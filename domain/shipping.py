"""When the shipping comes back, once (rule 8)."""

from domain.policy import Policy, ShippingRefund
from domain.reasons import Reason


def is_shipping_due(
    policy: Policy, reason: Reason, *, include_shipping: bool | None, moves_units: bool, completes_order: bool
) -> bool:
    """Tell whether this refund carries what is left of the shipping.

    The merchant's outright word decides; else money-only adjustments leave it, and the policy's value for the
    reason says `always` (with the first units), `full_return` (with the last) or `never`.
    """
    if include_shipping is not None:
        return include_shipping
    if not moves_units:
        return False
    rule = policy.shipping_refund[reason]
    return rule is ShippingRefund.ALWAYS or (rule is ShippingRefund.FULL_RETURN and completes_order)
