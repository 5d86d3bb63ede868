"""A sale as Postgres keeps it: the shares of its discounts, which are many, as plain numbers."""

from itertools import chain
from typing import Any

from db.codec import from_json, to_json
from domain.money.amounts import Money
from domain.sale.sales import Sale
from domain.sale.sold_units import DiscountShare


def sale_to_json(sale: Sale) -> Any:
    """Write each line's shares as place, minor units, place, minor units, …: a tenth of what their objects take."""
    shares = {"__all__": {"discount_shares"}}
    stored = to_json(sale, exclude={"lines": shares, "extras": shares})
    for shown, line in zip([*stored["lines"], *stored["extras"]], (*sale.lines, *sale.extras), strict=True):
        pairs = ((share.discount, share.amount.minor_units) for share in line.discount_shares)
        shown["discount_shares"] = list(chain.from_iterable(pairs))
        if not line.kept:
            del shown["kept"]
    return stored


def sale_from_json(stored: Any) -> Sale:
    """Read a sale back, also one that was stored with an object for each share, as it was before."""
    currency = stored["currency"]
    lines, extras = (
        [{**line, "discount_shares": _shares(line["discount_shares"], currency)} for line in stored.get(part, [])]
        for part in ("lines", "extras")
    )
    return from_json(Sale, {**stored, "lines": lines, "extras": extras})


def _shares(stored: list[Any], currency: str) -> Any:
    if not stored or isinstance(stored[0], dict):
        return stored
    pairs = zip(stored[::2], stored[1::2], strict=True)
    return tuple(DiscountShare(place, Money(currency, amount)) for place, amount in pairs)
