"""Past refunds of WooCommerce: what went back, and of which lines."""

from collections.abc import Iterable, Sequence

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import Json, Unreadable
from importers.woocommerce import left_out
from importers.woocommerce.lines import WooCommerceLine


def read_refunds(
    order: Fields, beside: Sequence[Fields], currency: str, lines: Iterable[WooCommerceLine], payments: Sequence[Json]
) -> tuple[Json, ...]:
    """Write an order's refunds as external ones, the oldest first; raises Unreadable where the order names others."""
    known = {line.line_id: line for line in lines}
    made = _each_once(beside, currency, known)
    for summary in order.objects("refunds"):
        refund_id, said = summary.must("id"), -summary.money("total", currency)
        summary.leave_rest("the refund itself says it")
        if refund_id not in made:
            raise Unreadable(
                summary.at("id"),
                f"refund {refund_id} is not among the files: give GET /wp-json/wc/v3/orders/{{id}}/refunds with it",
            )
        if made[refund_id]["amount"] != said:
            came = in_units(made[refund_id]["amount"], currency)
            raise Unreadable(
                summary.at("total"), f"it says {in_units(said, currency)}, and the refund itself says {came}"
            )
    if made and not payments:
        raise Unreadable(order.at("refunds"), "money went back of an order that nothing says was paid")
    refunds = [refund | {"payment_id": payments[0]["payment_id"]} for refund in made.values()]
    return tuple(sorted(refunds, key=lambda refund: str(refund["at"])))


def _each_once(found: Sequence[Fields], currency: str, known: dict[str, WooCommerceLine]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for each in found:
        refund = _refund(each, currency, known)
        if made.setdefault(each.must("id"), refund) != refund:
            raise Unreadable(
                each.path, f"refund {each.must('id')} came before and said something else: give one of both"
            )
    return made


def order_of(refund: Fields) -> str:
    """Name the order of a refund: by its parent, or by the link upwards; empty where neither is there."""
    parent = refund.text("parent_id")
    if parent not in ("", "0"):
        return parent
    links = refund.object("_links")
    upwards = links.objects("up") if links else []
    return upwards[0].text("href").rstrip("/").rpartition("/")[2] if upwards else ""


def _refund(refund: Fields, currency: str, known: dict[str, WooCommerceLine]) -> Json:
    amount = refund.money("amount", currency)
    found = [_line(each, currency, known) for each in refund.objects("line_items")]
    lines = [line for line in found if line.get("quantity") or line.get("amount")]
    fees = [_fee(each, currency, known) for each in refund.objects("fee_lines")]
    lines += [fee for fee in fees if fee["amount"] > 0]
    shipping = sum(_shipping(each, currency) for each in refund.objects("shipping_lines"))
    if amount <= 0:
        raise Unreadable(refund.at("amount"), "a refund of nothing is none")
    if shipping and not lines:
        raise Unreadable(
            refund.at("shipping_lines"),
            f"{in_units(shipping, currency)} of shipping alone went back, which an external refund can't say: it "
            "would count for the goods",
        )
    names = [line["line_id"] for line in lines]
    if len(set(names)) < len(names):
        raise Unreadable(refund.at("line_items"), "a refund names each line once")
    body: Json = {
        "external_id": refund.must("id"),
        "amount": amount,
        **({"lines": lines} if lines else {}),
        "at": refund.must_time("date_created_gmt", "UTC").isoformat(),
        "note": refund.text("reason")[:2_000],
    }
    refund.close(left_out.REFUND)
    return body


def _line(line: Fields, currency: str, known: dict[str, WooCommerceLine]) -> Json:
    """Units came back, or an amount off the line without units; both are written below zero."""
    line_id = _refunded(line)
    quantity = -line.count("quantity")
    amount = -line.money("total", currency) - line.money("total_tax", currency)
    line.close({**left_out.LINE, **dict.fromkeys(("id", "name", "sku", "subtotal", "subtotal_tax"), "it repeats")})
    if line_id not in known:
        raise Unreadable(line.at("meta_data"), f"the order has no line {line_id!r}")
    if quantity < 0 or amount < 0:
        raise Unreadable(line.at("quantity"), "a refund takes units and money off a line, it adds none")
    if quantity > known[line_id].quantity:
        raise Unreadable(line.at("quantity"), f"{quantity} came back of {known[line_id].quantity}")
    return {"line_id": line_id, "quantity": quantity} if quantity else {"line_id": line_id, "amount": amount}


def _fee(line: Fields, currency: str, known: dict[str, WooCommerceLine]) -> Json:
    """A fee below zero lies in what the goods cost, and goes back with them: nothing is said of it by itself."""
    line_id = f"fee-{_refunded(line)}"
    amount = -line.money("total", currency) - line.money("total_tax", currency)
    line.close({**left_out.FEE_LINE, **dict.fromkeys(("id", "name"), "it repeats")})
    if line_id not in known or amount * known[line_id].cost <= 0:
        raise Unreadable(line.path, "it names no fee of the order that something can go back of")
    return {"line_id": line_id, "amount": amount}


def _shipping(line: Fields, currency: str) -> int:
    amount = -line.money("total", currency) - line.money("total_tax", currency)
    line.close(left_out.SHIPPING_LINE)
    return amount


def _refunded(line: Fields) -> str:
    """Which line of the order it was: a refund's lines have ids of their own, and say it in their meta data."""
    for note in line.objects("meta_data"):
        if note.text("key") == "_refunded_item_id":
            return note.text("value")
    raise Unreadable(line.at("meta_data"), "it does not say which line of the order came back (_refunded_item_id)")
