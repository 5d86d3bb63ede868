"""Past refunds: money that went back elsewhere, with its lines, and lines that were taken off the order unpaid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import Json, Unreadable
from importers.shopify import left_out
from importers.shopify.lines import ShopifyLine
from importers.shopify.prices import Prices
from importers.shopify.transactions import Paid, ShopifyTransaction, read_transactions


@dataclass(frozen=True, slots=True)
class Back:
    """Units of a line in a refund, with what they came to after discounts, and the tax of them."""

    line_id: str
    quantity: int
    subtotal: int
    tax: int
    path: str = field(compare=False)

    def paid(self, prices: Prices) -> int:
        return self.subtotal if prices.taxes_included else self.subtotal + self.tax


@dataclass(frozen=True, slots=True)
class ShopifyRefund:
    """`moved` are the transactions by which money went back; without any, its lines were taken off the order."""

    refund_id: str
    at: datetime
    note: str
    lines: tuple[Back, ...]
    duties: tuple[tuple[str, int], ...]
    shipping: int
    differs: int
    moved: tuple[ShopifyTransaction, ...]
    path: str = field(compare=False)


def read_refunds(found: Iterable[Fields], prices: Prices) -> list[ShopifyRefund]:
    """Read refunds, each once; raises Unreadable."""
    read: dict[str, ShopifyRefund] = {}
    for each in found:
        made = _refund(each, prices)
        if read.setdefault(made.refund_id, made) != made:
            raise Unreadable(
                each.path, f"refund {made.refund_id} came before and said something else: give one of both"
            )
    return sorted(read.values(), key=lambda refund: refund.at)


def _refund(each: Fields, prices: Prices) -> ShopifyRefund:
    lines = tuple(_back(line, prices) for line in each.objects("refund_line_items"))
    adjustments = [_adjusted(adjustment, prices) for adjustment in each.objects("order_adjustments")]
    shipping_lines = sum(_shipping(line, prices) for line in each.objects("refund_shipping_lines"))
    transactions = read_transactions(each.objects("transactions"), prices)
    if pending := next((made for made in transactions if made.kind == "refund" and made.is_pending), None):
        raise Unreadable(f"{pending.path}/status", "the refund is under way: import the order when it has ended")
    refund = ShopifyRefund(
        refund_id=each.must("id"),
        at=each.time("processed_at") or each.must_time("created_at"),
        note=each.text("note")[:2_000],
        lines=lines,
        duties=tuple(_duty(duty, prices) for duty in each.objects("duties")),
        shipping=max(-sum(amount for kind, amount in adjustments if kind == "shipping_refund"), shipping_lines),
        differs=sum(amount for kind, amount in adjustments if kind != "shipping_refund"),
        moved=tuple(made for made in transactions if made.kind == "refund"),
        path=each.path,
    )
    each.close({**left_out.REFUND, "order_id": "it says of which order it is", "created_at": "processed_at says it"})
    return refund


def bodies(
    refunds: Sequence[ShopifyRefund], lines: Sequence[ShopifyLine], paid: Paid, prices: Prices
) -> tuple[Json, ...]:
    """Write those by which money moved as external refunds; raises Unreadable for what those can't say."""
    known = {line.line_id: line for line in lines}
    references = [made.reference for refund in refunds for made in refund.moved]
    charges = {str(payment.get("gateway_ref")) for payment in paid.payments}
    made: list[Json] = []
    for refund in (each for each in refunds if each.moved):
        if len(refund.moved) > 1:
            raise Unreadable(
                f"{refund.path}/transactions",
                "it went back to several payments at once, and nothing says which lines each of them paid for: tell "
                "of it by POST /v1/orders/{order_id}/external-refunds, one for each payment",
            )
        moved = refund.moved[0]
        own = moved.reference
        is_a_name = own and references.count(own) == 1 and own not in charges
        if not moved.amount:
            raise Unreadable(f"{moved.path}/amount", "a refund of nothing is none")
        made.append(
            {
                "external_id": own if is_a_name else moved.transaction_id,
                "amount": moved.amount,
                **_of_lines(refund, known, prices),
                "payment_id": _payment(moved, paid),
                "at": refund.at.isoformat(),
                "note": refund.note,
            }
        )
    return tuple(made)


def taken_off(refunds: Sequence[ShopifyRefund], lines: Sequence[ShopifyLine], prices: Prices) -> list[ShopifyLine]:
    """Return the lines as they are after those were taken off that nobody paid for: an edit, not a refund."""
    left = {line.line_id: line for line in lines}
    for refund in (each for each in refunds if not each.moved):
        for back in refund.lines:
            if refund.differs or refund.shipping:
                raise Unreadable(
                    f"{refund.path}/order_adjustments", "goods came back for nothing, which is no refund of money"
                )
            line = _known(back, left)
            if back.quantity >= line.quantity:
                del left[back.line_id]
                continue
            left[back.line_id] = _without(line, back, prices)
    return list(left.values())


def _without(line: ShopifyLine, back: Back, prices: Prices) -> ShopifyLine:
    gross = line.price // line.quantity * back.quantity
    off = gross - back.subtotal
    shares = [place for place in line.off if line.off[place]]
    if off < 0 or (off and (len(shares) != 1 or off > line.off[shares[0]])) or back.tax > line.tax:
        raise Unreadable(f"{back.path}/subtotal", "it does not fit what the line cost and what was taken off it")
    return ShopifyLine(
        line_id=line.line_id,
        kind=line.kind,
        sku=line.sku,
        name=line.name,
        quantity=line.quantity - back.quantity,
        price=line.price - gross,
        cost=line.cost - gross - (0 if prices.taxes_included else back.tax),
        tax=line.tax - back.tax,
        path=line.path,
        off={place: amount - (off if place in shares else 0) for place, amount in line.off.items()},
    )


def _of_lines(refund: ShopifyRefund, known: dict[str, ShopifyLine], prices: Prices) -> Json:
    units: dict[str, Json] = {}
    for back in refund.lines:
        line = _known(back, known)
        if line.line_id in units:
            raise Unreadable(f"{back.path}/line_item_id", "a refund names each line once")
        by_units = line.kind in ("goods", "service") and back.quantity
        amount = {"quantity": back.quantity} if by_units else {"amount": back.paid(prices)}
        units[line.line_id] = {"line_id": line.line_id, **amount}
    for duty_id, amount_of_duty in refund.duties:
        units[f"duty-{duty_id}"] = {"line_id": f"duty-{duty_id}", "amount": amount_of_duty}
    if not units and refund.shipping:
        raise Unreadable(
            f"{refund.path}/order_adjustments",
            f"{in_units(refund.shipping, prices.currency)} of shipping alone went back, which an external refund "
            "can't say: it would count for the goods",
        )
    return {"lines": list(units.values())} if units else {}


def _payment(moved: ShopifyTransaction, paid: Paid) -> str:
    by_parent = paid.by_transaction.get(moved.parent_id) if moved.parent_id else ""
    if by_parent:
        return by_parent
    if len(paid.payments) == 1:
        return str(paid.payments[0]["payment_id"])
    raise Unreadable(f"{moved.path}/parent_id", "it names no payment of the order, and there are several or none")


def _known(back: Back, lines: dict[str, ShopifyLine]) -> ShopifyLine:
    line = lines.get(back.line_id)
    if line is None:
        raise Unreadable(f"{back.path}/line_item_id", f"the order has no line {back.line_id!r} that is left")
    if back.quantity > line.quantity:
        raise Unreadable(f"{back.path}/quantity", f"{back.quantity} came back of {line.quantity}")
    return line


def _back(line: Fields, prices: Prices) -> Back:
    back = Back(
        line_id=line.must("line_item_id"),
        quantity=line.count("quantity"),
        subtotal=prices.amount(line, "subtotal"),
        tax=prices.amount(line, "total_tax"),
        path=line.path,
    )
    line.close(left_out.REFUND_LINE)
    return back


def _adjusted(adjustment: Fields, prices: Prices) -> tuple[str, int]:
    amount, tax = prices.amount(adjustment, "amount"), prices.amount(adjustment, "tax_amount")
    kind = adjustment.text("kind")
    adjustment.close(left_out.ADJUSTMENT)
    return kind, amount if prices.taxes_included else amount + tax


def _shipping(line: Fields, prices: Prices) -> int:
    both = line.object("subtotal_amount_set")
    line.leave_rest("what of the shipping went back follows from what moved")
    return prices.shown(both) if both else 0


def _duty(duty: Fields, prices: Prices) -> tuple[str, int]:
    both = duty.object("amount_set")
    name = duty.must("duty_id")
    if both is None:
        raise Unreadable(duty.at("amount_set"), "this must be there")
    return name, prices.shown(both)
