"""What was sold: line items, fees, shipping; each comes without tax, and its tax beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.money.amounts import split
from importers.fields import Fields
from importers.line_body import line_body
from importers.outcome import Json, Unreadable
from importers.woocommerce import left_out


@dataclass(frozen=True, slots=True)
class WooCommerceLine:
    """A line with its tax: `cost` before discounts, `paid` after them, `tax` inside what was paid."""

    line_id: str
    kind: str
    sku: str
    name: str
    quantity: int
    cost: int
    paid: int
    tax: int

    @property
    def off(self) -> int:
        return self.cost - self.paid

    def body(self) -> Json:
        return line_body(self)


def read_lines(order: Fields, currency: str) -> list[WooCommerceLine]:
    """Read line items and fees; a fee below zero was taken off the others. Raises Unreadable."""
    lines = [_line(each, currency) for each in order.objects("line_items")]
    fees = [_fee(each, currency) for each in order.objects("fee_lines")]
    if not lines and not fees:
        raise Unreadable(order.at("line_items"), "the order has no lines: nothing was sold, or they were cut off")
    return [*lines, *(fee for fee in fees if fee.cost)]


def read_shipping(order: Fields, currency: str) -> tuple[int, int]:
    """Add up the shipping lines: what they cost with tax, and the tax. Raises Unreadable."""
    cost = tax = 0
    for line in order.objects("shipping_lines"):
        own = line.money("total_tax", currency)
        whole = line.money("total", currency) + own
        if not 0 <= own <= whole:
            raise Unreadable(
                line.at("total"), "shipping costs nothing or something, and its tax is inside: write a fee"
            )
        cost += whole
        tax += own
        line.close(left_out.SHIPPING_LINE)
    return cost, tax


def read_coupons(order: Fields, currency: str, lines: Iterable[WooCommerceLine], free_cents: int) -> list[Json]:
    """Write the coupons as discounts, with their shares in lines; what no coupon took off is another discount.

    Shops round the tax of a coupon by itself: up to `free_cents` its lines say it better. Raises Unreadable.
    """
    off = {line.line_id: line.off for line in lines if line.off}
    discounts: list[Json] = []
    coupons = order.objects("coupon_lines")
    for place, coupon in enumerate(coupons, start=1):
        left = sum(off.values())
        code = coupon.must("code")
        amount = coupon.money("discount", currency) + coupon.money("discount_tax", currency)
        coupon.close(left_out.COUPON_LINE)
        if amount < 0:
            raise Unreadable(coupon.at("discount"), "a coupon takes something off, it adds nothing")
        if amount - left > free_cents:
            raise Unreadable(coupon.at("discount"), "it took off more than the lines say that anything was taken off")
        is_rest = place == len(coupons) and abs(amount - left) <= free_cents
        shares = _take(off, left if is_rest else min(amount, left))
        body: Json = {"source": "coupon", "id": code, "amount": sum(shares.values())}
        discounts.append(body | ({"allocations": shares} if shares else {}))
    if any(off.values()):
        shares = _take(off, sum(off.values()))
        discounts.append({"source": "other", "amount": sum(shares.values()), "allocations": shares})
    return discounts


def _take(off: dict[str, int], amount: int) -> dict[str, int]:
    """Take an amount out of what was taken off the lines, in proportion (rule 2)."""
    if not amount:
        return {}
    parts = dict(zip(off, split(amount, list(off.values())), strict=True))
    for line_id, part in parts.items():
        off[line_id] -= part
    return {line_id: part for line_id, part in parts.items() if part}


def _line(line: Fields, currency: str) -> WooCommerceLine:
    quantity = line.count("quantity")
    if quantity < 1:
        raise Unreadable(line.at("quantity"), "a line that was sold has one unit or more")
    tax = line.money("total_tax", currency)
    paid = line.money("total", currency) + tax
    before = line.money("subtotal", currency) + line.money("subtotal_tax", currency)
    sold = WooCommerceLine(
        line_id=line.must("id"),
        kind="goods",
        sku=line.text("sku"),
        name=line.text("name"),
        quantity=quantity,
        cost=max(before, paid),
        paid=paid,
        tax=tax,
    )
    if paid < 0 or tax < 0:
        raise Unreadable(line.at("total"), "goods that were sold for less than nothing are none: write it as a fee")
    line.close(left_out.LINE)
    return sold


def _fee(line: Fields, currency: str) -> WooCommerceLine:
    tax = line.money("total_tax", currency)
    cost = line.money("total", currency) + tax
    sold = WooCommerceLine(f"fee-{line.must('id')}", "fee", "", line.text("name"), 1, cost, cost, tax)
    if not min(cost, 0) <= tax <= max(cost, 0):
        raise Unreadable(line.at("total_tax"), "the tax is not inside what the fee comes to")
    line.close(left_out.FEE_LINE)
    return sold
