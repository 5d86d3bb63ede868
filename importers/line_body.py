"""A line of another system as `PUT /v1/orders/{order_id}` takes it."""

from typing import Protocol

from importers.outcome import Json

_IN_UNITS = ("goods", "service")


class ReadLine(Protocol):
    """A line as an importer has read it: `cost` is before discounts with tax, `tax` the part of it, in minor units."""

    @property
    def line_id(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def sku(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def quantity(self) -> int: ...

    @property
    def cost(self) -> int: ...

    @property
    def tax(self) -> int: ...


def line_body(line: ReadLine) -> Json:
    """Say what a line cost by its unit, or in total where it has no units or they do not divide it."""
    unit, rest = divmod(line.cost, line.quantity)
    cost = {"total": line.cost} if rest or line.kind not in _IN_UNITS else {"unit_price": unit}
    return {
        "line_id": line.line_id,
        "kind": line.kind,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        **cost,
        "tax": line.tax,
    }
