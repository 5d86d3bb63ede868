"""Why a refund comes to something else than its quote (the quote is the refund, unless something changed since)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.entitlements.points import PointsEffect
from domain.money.amounts import Money
from domain.settlement.fees import FeeKind
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement


class DifferenceCause(StrEnum):
    """What changed between the quote and the settlement."""

    POLICY_CHANGED = "policy_changed"
    UNITS_NOT_ACCEPTED = "units_not_accepted"
    LESSER_CONDITION = "lesser_condition"
    OTHER_REFUNDS = "other_refunds"
    ORDER_CHANGED = "order_changed"
    CUSTOMER_CHANGED = "customer_changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """What was quoted, what is paid, and why they differ."""

    quoted: Money
    total: Money
    causes: tuple[DifferenceCause, ...]


def difference(
    quote: Settlement,
    quoted_on: SettlementInputs,
    settlement: Settlement,
    settled_on: SettlementInputs,
    under_quoted_policy: Settlement,
) -> Difference | None:
    """Compare a settlement with its quote; None where the customer gets what was quoted.

    `under_quoted_policy` is what the settlement would be under the policy version of the quote.
    """
    if _gets(quote) == _gets(settlement):
        return None
    found = {
        DifferenceCause.POLICY_CHANGED: _gets(under_quoted_policy) != _gets(settlement),
        DifferenceCause.UNITS_NOT_ACCEPTED: _units(quote) != _units(settlement),
        DifferenceCause.LESSER_CONDITION: any(fee.amount and fee.kind is FeeKind.RESTOCKING for fee in settlement.fees),
        DifferenceCause.OTHER_REFUNDS: quoted_on.refunds != settled_on.refunds,
        DifferenceCause.ORDER_CHANGED: quoted_on.order_version not in (None, settled_on.order_version),
    }
    causes = tuple(cause for cause, applies in found.items() if applies)
    return Difference(quote.total, settlement.total, causes or (DifferenceCause.CUSTOMER_CHANGED,))


def _gets(settlement: Settlement) -> tuple[Money, Money, PointsEffect]:
    """What the customer compares: the money, what they no longer owe, and the points."""
    return settlement.total, settlement.comes_to, settlement.points


def _units(settlement: Settlement) -> list[int]:
    return [claim.units.count for claim in settlement.claims]
