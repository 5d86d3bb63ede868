"""Money off, by application: what each took off which line and off the shipping."""

from collections.abc import Sequence

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import Json, Unreadable
from importers.shopify import left_out
from importers.shopify.lines import ShippingLines, ShopifyLine
from importers.shopify.prices import Prices


def read_discounts(order: Fields, prices: Prices, lines: Sequence[ShopifyLine], shipping: ShippingLines) -> list[Json]:
    """List the discounts in the order in which they were applied; raises Unreadable.

    Orders of before 2018 have codes and no applications: what no line says is then split over all lines.
    """
    applications = order.objects("discount_applications")
    named = [_named(each) for each in applications]
    used = dict.fromkeys(place for line in (*(line.off for line in lines), shipping.off) for place in line)
    for place in used:
        if place is not None and not 0 <= place < max(len(applications), 1):
            raise Unreadable(order.at("discount_applications"), f"there is no application {place}, which lines name")
    discounts: list[Json] = []
    for place in sorted(used, key=lambda place: -1 if place is None else place):
        source = {"source": "other"} if place is None or not applications else named[place]
        discounts += _discount(source, place, lines, shipping)
    if not applications and not discounts:
        discounts = [_by_code(code, prices) for code in order.objects("discount_codes") if _is_some(code, prices)]
    return discounts


def check_discounts(order: Fields, prices: Prices, discounts: Sequence[Json]) -> None:
    """Raise Unreadable where the payload says that another sum was taken off."""
    if order.has("total_discounts") or order.has("total_discounts_set"):
        said, come = prices.amount(order, "total_discounts"), sum(each["amount"] for each in discounts)
        if said != come:
            raise Unreadable(
                order.at("total_discounts"),
                f"it says {in_units(said, prices.currency)}, and the discounts come to "
                f"{in_units(come, prices.currency)}",
            )


def _named(application: Fields) -> Json:
    code, kind = application.text("code"), application.text("type")
    application.close(left_out.DISCOUNT)
    return {"source": "coupon", "id": code} if kind == "discount_code" and code else {"source": "other"}


def _discount(source: Json, place: int | None, lines: Sequence[ShopifyLine], shipping: ShippingLines) -> list[Json]:
    shares = {line.line_id: line.off[place] for line in lines if line.off.get(place)}
    made: list[Json] = []
    if shares:
        made.append({**source, "amount": sum(shares.values()), "allocations": shares})
    if off := shipping.off.get(place):
        made.append({**source, "amount": off, "target": "shipping"})
    return made


def _is_some(code: Fields, prices: Prices) -> bool:
    return prices.amount(code, "amount") > 0


def _by_code(code: Fields, prices: Prices) -> Json:
    target = {"target": "shipping"} if code.text("type") == "shipping" else {}
    return {"source": "coupon", "id": code.must("code"), "amount": prices.amount(code, "amount"), **target}
