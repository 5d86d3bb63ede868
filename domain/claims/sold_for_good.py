"""Lines that can't be returned: refused with their reason, unless the merchant is at fault."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from domain.claims.reasons import Reason
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order, SoldForGood

NO_OTHERS: Mapping[str, Reason] = MappingProxyType({})
"""Stands for lines of which none has a reason of its own."""


def kept_from_return(
    order: Order, reason: Reason, line_reasons: Mapping[str, Reason] = NO_OTHERS
) -> Mapping[str, SoldForGood]:
    """Name the lines that this reason, or their own in `line_reasons`, does not bring back, and why (rule 55).

    None where the merchant is at fault, or where the order was cancelled before it was sent: then nothing has to come
    back. Where the parts of a bundle come back only together, one that does not keeps the others.
    """
    if order.is_kept_from_sending:
        return {}
    kept = {
        line.line_id: line.sold_for_good
        for line in order.lines
        if line.sold_for_good is not None and not line_reasons.get(line.line_id, reason).is_merchants_fault
    }
    return {**_kept_by_a_part(order, reason, line_reasons, kept), **kept} if kept and order.kept_together else kept


def _kept_by_a_part(
    order: Order, reason: Reason, line_reasons: Mapping[str, Reason], kept: Mapping[str, SoldForGood]
) -> dict[str, SoldForGood]:
    """Name the parts of bundles that come back only together with one that does not come back."""
    because = {line.bundle_id: kept[line.line_id] for line in order.lines if line.line_id in kept}
    return {
        line.line_id: because[line.bundle_id]
        for line in order.lines
        if line.bundle_id in order.kept_together
        and line.bundle_id in because
        and line.is_unit
        and not line_reasons.get(line.line_id, reason).is_merchants_fault
    }


def refuse_to_take_back(wanted: Iterable[str], kept: Mapping[str, SoldForGood]) -> None:
    """Raise RefundRejected (`line_not_returnable`) where any of the wanted lines is one of those."""
    refused = [line_id for line_id in wanted if line_id in kept]
    if refused:
        why = ", ".join(f"line {line_id!r} can't be returned ({kept[line_id]})" for line_id in refused[:_NAMED])
        raise RefundRejected(
            Refusal.LINE_NOT_RETURNABLE,
            f"{why}; it is taken back only where the merchant is at fault: quality_issue, delivery_error, "
            "merchant_breach",
        )


_NAMED = 20
"""So many lines a refusal names."""
