"""What was sold: line items, duties, tips, fees and shipping, each with the tax inside it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from importers.amounts import in_units
from importers.fields import Fields
from importers.line_body import line_body
from importers.outcome import Json, Unreadable
from importers.shopify import left_out
from importers.shopify.prices import Prices


@dataclass(slots=True)
class ShopifyLine:
    """A line while it is read. `cost` is before discounts with tax, `tax` the part of it, `price` as Shopify prints it.

    `off` is what each discount application, by its place, took off it; under None what the line alone says.
    """

    line_id: str
    kind: str
    sku: str
    name: str
    quantity: int
    price: int
    cost: int
    tax: int
    path: str
    off: dict[int | None, int] = field(default_factory=dict)

    def body(self) -> Json:
        return line_body(self)


@dataclass(frozen=True, slots=True)
class ShippingLines:
    """What all shipping lines come to with tax, the tax, and what each discount application took off."""

    cost: int
    tax: int
    off: Mapping[int | None, int]


def read_lines(order: Fields, prices: Prices) -> list[ShopifyLine]:
    """Read the line items with their duties; raises Unreadable."""
    lines: list[ShopifyLine] = []
    for item in order.objects("line_items"):
        lines += _line(item, prices)
    if not lines:
        raise Unreadable(order.at("line_items"), "the order has no lines: nothing was sold, or they were cut off")
    return lines


def read_shipping(order: Fields, prices: Prices) -> ShippingLines:
    """Add up the shipping lines that were not taken off the order again."""
    cost = tax = 0
    off: dict[int | None, int] = defaultdict(int)
    for line in order.objects("shipping_lines"):
        is_removed = line.flag("is_removed")
        price, own = prices.amount(line, "price"), _tax(line, prices)
        if price < 0 or own < 0:
            raise Unreadable(line.at("price"), "shipping costs nothing or something, with its tax")
        allocated = _allocated(line, prices)
        if line.has("discounted_price"):
            less = price - prices.amount(line, "discounted_price")
            if allocated and less not in (0, sum(allocated.values())):
                raise Unreadable(
                    line.at("discounted_price"), "its discount_allocations come to another sum than was taken off"
                )
            if not allocated and less:
                allocated = {None: less}
        line.close(left_out.SHIPPING_LINE)
        if is_removed:
            line.notes.ignored[f"{line.path.rpartition('/')[0]}/* with is_removed"] = "it was taken off the order again"
            continue
        cost += price if prices.taxes_included else price + own
        tax += own
        for application, amount in allocated.items():
            off[application] += amount
    return ShippingLines(cost, tax, off)


def read_extras(order: Fields, prices: Prices, lines: list[ShopifyLine]) -> list[ShopifyLine]:
    """Read what the order says beside its lines: a tip that is no line, additional fees, cash rounding."""
    extras: list[ShopifyLine] = []
    tips = sum(line.cost for line in lines if line.kind == "tip")
    tip = prices.amount(order, "total_tip_received")
    if tip not in (0, tips):
        extras.append(_extra("tip", "tip", tip - tips, order.at("total_tip_received")))
    for name, kind in (
        ("original_total_additional_fees", "fee"),
        ("total_cash_rounding_payment_adjustment", "rounding"),
    ):
        if amount := prices.amount(order, name):
            extras.append(_extra(kind, kind, amount, order.at(f"{name}_set")))
    return extras


def _line(item: Fields, prices: Prices) -> list[ShopifyLine]:
    quantity = item.count("quantity")
    if quantity < 1:
        raise Unreadable(item.at("quantity"), "a line that was sold has one unit or more")
    tip = item.object("tip")
    price, tax = prices.amount(item, "price"), _tax(item, prices)
    if price < 0 or tax < 0:
        raise Unreadable(item.at("price"), "what was sold costs nothing or something, with its tax")
    cost = price * quantity + (0 if prices.taxes_included else tax)
    off = _allocated(item, prices)
    alone = prices.amount(item, "total_discount")
    sold = ShopifyLine(
        line_id=item.must("id"),
        kind="goods" if tip is None else "tip",
        sku=item.text("sku"),
        name=item.text("name") or item.text("title"),
        quantity=quantity,
        price=price * quantity,
        cost=cost,
        tax=tax,
        path=item.path,
        off=off if off or not alone else {None: alone},
    )
    duties = [_duty(duty, prices) for duty in item.objects("duties")]
    item.close(left_out.LINE_ITEM)
    return [sold, *duties]


def _duty(duty: Fields, prices: Prices) -> ShopifyLine:
    name, tax = f"duty-{duty.must('id')}", _tax(duty, prices)
    amount = prices.amount(duty, "price") if duty.has("price") else prices.shown(duty)
    duty.close(left_out.DUTY)
    return ShopifyLine(name, "fee", "", "duty", 1, 0, amount + tax, tax, duty.path)


def _extra(line_id: str, kind: str, amount: int, path: str) -> ShopifyLine:
    return ShopifyLine(line_id, kind, "", kind, 1, 0, amount, 0, path)


def _tax(fields: Fields, prices: Prices) -> int:
    whole = 0
    for line in fields.objects("tax_lines"):
        whole += prices.amount(line, "price")
        line.close(left_out.TAX_LINE)
    return whole


def _allocated(fields: Fields, prices: Prices) -> dict[int | None, int]:
    off: dict[int | None, int] = defaultdict(int)
    for share in fields.objects("discount_allocations"):
        off[share.count("discount_application_index")] += prices.amount(share, "amount")
        share.close({})
    return dict(off)


def check(order: Fields, name: str, prices: Prices, *sums: int) -> None:
    """Raise Unreadable where the payload's own sum, if it says one, is none of these."""
    if not order.has(name) and not order.has(f"{name}_set"):
        return
    said = prices.amount(order, name)
    if said not in sums:
        come = in_units(sums[0], prices.currency)
        raise Unreadable(
            order.at(name), f"it says {in_units(said, prices.currency)}, and what it is made of comes to {come}"
        )
