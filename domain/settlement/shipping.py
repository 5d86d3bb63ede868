"""When the shipping comes back, once (rule 8)."""

from collections.abc import Iterable
from enum import StrEnum

from domain.claims.reasons import Reason
from domain.policy import Policy, ShippingRefund


class ShippingDecision(StrEnum):
    """Why this refund carries what is left of the shipping, or why not."""

    MERCHANT_INCLUDES_IT = "merchant_includes_it"
    FIRST_UNITS = "first_units"
    FULL_RETURN = "full_return"
    MERCHANT_LEAVES_IT_OUT = "merchant_leaves_it_out"
    NO_UNITS = "no_units"
    NOT_COMPLETE = "not_complete"
    NEVER = "never"
    EXTERNAL = "external"

    @property
    def is_due(self) -> bool:
        return self in (self.MERCHANT_INCLUDES_IT, self.FIRST_UNITS, self.FULL_RETURN)


_BEST_FIRST = (ShippingRefund.ALWAYS, ShippingRefund.FULL_RETURN, ShippingRefund.NEVER)


def deciding_reason(policy: Policy, reasons: Iterable[Reason]) -> Reason:
    """Of the reasons of several lines the one decides that is best for the customer; of equals the first (rule 55)."""
    return min(reasons, key=lambda reason: _BEST_FIRST.index(policy.shipping_refund[reason]))


def decide_shipping(
    policy: Policy, reason: Reason, *, include_shipping: bool | None, moves_units: bool, completes_order: bool
) -> ShippingDecision:
    """Decide whether this refund carries what is left of the shipping (rule 8).

    The merchant's outright word decides; else money-only adjustments leave it, and the policy's value for the
    reason says `always` (with the first units), `full_return` (with the last) or `never`.
    """
    if include_shipping is not None:
        is_included = include_shipping
        return ShippingDecision.MERCHANT_INCLUDES_IT if is_included else ShippingDecision.MERCHANT_LEAVES_IT_OUT
    if not moves_units:
        return ShippingDecision.NO_UNITS
    rule = policy.shipping_refund[reason]
    if rule is ShippingRefund.ALWAYS:
        return ShippingDecision.FIRST_UNITS
    if rule is ShippingRefund.NEVER:
        return ShippingDecision.NEVER
    return ShippingDecision.FULL_RETURN if completes_order else ShippingDecision.NOT_COMPLETE
