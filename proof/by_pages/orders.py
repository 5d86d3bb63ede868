"""The shop's real orders of which something came back, moved to such days that it comes back now."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tools.client import Json
from tools.retail.data import Line, Link, Retail
from tools.retail.requests import order_of

_LINKED = frozenset({Link.MATCHED, Link.MATCHED_OTHER_PRICE})


@dataclass(frozen=True, slots=True)
class OrderBack:
    """An invoice, and what of it came back: units by row. asked_at: when the last of them was cancelled."""

    lines: tuple[Line, ...]
    units: Mapping[str, int]
    asked_at: datetime

    @property
    def order_id(self) -> str:
        return self.lines[0].invoice

    @property
    def customer_id(self) -> str:
        return self.lines[0].customer_id

    @property
    def due(self) -> int:
        """What was paid for what came back, in pence."""
        return sum(self.units.get(line.row, 0) * line.unit_price for line in self.lines)

    def body(self, now: datetime) -> Json:
        """Write the order as if its customer asked now."""
        later = now - self.asked_at
        return order_of([replace(line, at=line.at + later) for line in self.lines], self.customer_id)


def orders_back(retail: Retail, count: int) -> list[OrderBack]:
    """Choose so many of the orders that came back, from the whole year; raises ValueError where there are fewer."""
    units: dict[str, Counter[str]] = defaultdict(Counter)
    asked_at: dict[str, datetime] = {}
    for each in retail.returns:
        if each.sale is not None and each.link in _LINKED:
            units[each.sale.invoice][each.sale.row] += each.quantity
            asked_at[each.sale.invoice] = each.cancelled.at
    if not 0 < count <= len(units):
        raise ValueError(f"of {len(units)} orders something came back: {count} can't be taken of them")
    chosen = sorted(units)[:: len(units) // count][:count]
    return [OrderBack(retail.orders[invoice], units[invoice], asked_at[invoice]) for invoice in chosen]
