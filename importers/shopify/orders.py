"""One order of Shopify's as ours: every figure is read, added up, and held against what the payload says itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import ImportedOrder, Json, Unreadable
from importers.shopify import left_out
from importers.shopify.discounts import check_discounts, read_discounts
from importers.shopify.disputes import read_disputes
from importers.shopify.lines import ShippingLines, ShopifyLine, check, read_extras, read_lines, read_shipping
from importers.shopify.parcels import Sent, read_parcels
from importers.shopify.prices import Prices
from importers.shopify.refunds import ShopifyRefund, bodies, read_refunds, taken_off
from importers.shopify.transactions import (
    TEST,
    Paid,
    ShopifyTransaction,
    payments_of,
    payments_of_order,
    read_transactions,
)
from importers.tenders import Tenders


@dataclass(frozen=True, slots=True)
class Beside:
    """What came in other files and belongs to the order."""

    refunds: Sequence[Fields] = ()
    transactions: Sequence[Fields] = ()
    disputes: Sequence[Fields] = ()


@dataclass(frozen=True, slots=True)
class _Figures:
    lines: Sequence[ShopifyLine]
    shipping: ShippingLines
    discounts: Sequence[Json]

    @property
    def total(self) -> int:
        off = sum(int(each["amount"]) for each in self.discounts)
        return sum(line.cost for line in self.lines) + self.shipping.cost - off


def read_order(order: Fields, beside: Beside, tenders: Tenders) -> ImportedOrder:
    """Read an order with everything that happened to it; raises Unreadable."""
    order_id, prices = order.must("id"), Prices.of(order)
    figures = _checked(order, prices)
    refunds = read_refunds([*order.objects("refunds"), *beside.refunds], prices)
    transactions = read_transactions([*order.objects("transactions"), *beside.transactions], prices)
    kept = taken_off(refunds, figures.lines, prices) if _is_sold(order, refunds) else list(figures.lines)
    if len(kept) < len(figures.lines) or kept != list(figures.lines):
        figures = _Figures(kept, figures.shipping, read_discounts(order, prices, kept, figures.shipping))
    paid = _paid(order, prices, figures.total, transactions, tenders)
    if order.flag("test") and paid.payments:
        raise Unreadable(order.at("test"), TEST)
    _refuse_unexplained(transactions, refunds)
    sent = read_parcels(order, {line.line_id: line.quantity for line in kept if line.kind == "goods"})
    body = {
        **_buyer(order),
        "currency": prices.currency,
        **_course(order, figures.total, paid, sent),
        "lines": [line.body() for line in kept],
        "shipping": {"amount": figures.shipping.cost, "tax": figures.shipping.tax},
        "discounts": list(figures.discounts),
        "shipments": list(sent.shipments),
        "metadata": _metadata(order),
    }
    made = bodies(refunds, kept, paid, prices)
    disputes = read_disputes(beside.disputes, paid, prices)
    order.close(left_out.ORDER)
    return ImportedOrder(order_id, body, order.path, made, disputes)


def _checked(order: Fields, prices: Prices) -> _Figures:
    lines, shipping = read_lines(order, prices), read_shipping(order, prices)
    discounts = read_discounts(order, prices, lines, shipping)
    check_discounts(order, prices, discounts)
    tips = sum(line.cost for line in lines if line.kind == "tip")
    printed = sum(line.price for line in lines)
    check(order, "total_line_items_price", prices, printed, printed - tips)
    check(order, "total_tax", prices, sum(line.tax for line in lines) + shipping.tax)
    extras = read_extras(order, prices, lines)
    figures = _Figures([*lines, *extras], shipping, discounts)
    rounding = sum(line.cost for line in extras if line.kind == "rounding")
    if not order.has("total_price"):
        raise Unreadable(order.at("total_price"), "this must be there")
    check(order, "total_price", prices, figures.total - rounding)
    return figures


def _is_sold(order: Fields, refunds: Sequence[ShopifyRefund]) -> bool:
    """Whether lines can have been taken off: an order that was cancelled unpaid keeps them, and books nothing."""
    is_cancelled = bool(order.raw("cancelled_at"))
    return any(not refund.moved for refund in refunds) and not is_cancelled


def _paid(
    order: Fields, prices: Prices, total: int, transactions: Sequence[ShopifyTransaction], tenders: Tenders
) -> Paid:
    if not transactions:
        return payments_of_order(order, prices, total, tenders)
    paid = payments_of(transactions, tenders)
    status = order.text("financial_status")
    is_whole = status in ("paid", "refunded", "partially_refunded", "authorized")
    if paid.promised > total or (is_whole and paid.promised != total):
        raise Unreadable(
            order.at("transactions"),
            f"they come to {in_units(paid.promised, prices.currency)}, the order to {in_units(total, prices.currency)}",
        )
    return paid


def _refuse_unexplained(transactions: Sequence[ShopifyTransaction], refunds: Sequence[ShopifyRefund]) -> None:
    """Money that went back without a refund that says what for would be forgotten."""
    told = {moved.transaction_id for refund in refunds for moved in refund.moved}
    for each in transactions:
        if each.kind == "refund" and each.transaction_id not in told:
            raise Unreadable(each.path, "money went back, and no refund of the order says what for: give its refunds")


def _course(order: Fields, total: int, paid: Paid, sent: Sent) -> Json:
    """Say how far the order is and what of it is paid."""
    placed_at = order.must_time("created_at")
    updated_at = order.time("updated_at")
    course: Json = {"placed_at": placed_at.isoformat()}
    course |= {"updated_at": updated_at.isoformat()} if updated_at else {}
    if order.time("cancelled_at"):
        return course | {"status": "cancelled", **_captured(paid, total, placed_at)}
    if not paid.payments and total and sent.status == "paid":
        return course | {"status": "placed"}
    course |= {"status": sent.status, "payments": list(paid.payments), "owed": total - paid.promised}
    course |= {"delivered_at": sent.delivered_at.isoformat()} if sent.delivered_at else {}
    is_paid = paid.promised == total and all("status" not in each for each in paid.payments)
    return course | (_when(paid, placed_at) if is_paid else {})


def _captured(paid: Paid, total: int, placed_at: datetime) -> Json:
    """Of an order that was cancelled only what was captured is still there."""
    captured = [each for each in paid.payments if "status" not in each]
    if not captured:
        return {}
    return {"payments": captured, "owed": total - paid.captured, **_when(paid, placed_at)}


def _when(paid: Paid, placed_at: datetime) -> Json:
    """An order is not paid before it is placed, whatever its transactions say."""
    return {"paid_at": max(paid.paid_at or placed_at, placed_at).isoformat()}


def _buyer(order: Fields) -> Json:
    customer = order.object("customer")
    customer_id = customer.text("id") if customer else ""
    if customer:
        customer.leave_rest("customers are pushed by PUT /v1/customers")
    if customer_id:
        return {"customer_id": customer_id}
    email, phone = order.text("email") or order.text("contact_email"), order.phone("phone")
    if not email and not phone:
        raise Unreadable(
            order.at("customer"), "it does not say who bought it: neither a customer, nor an e-mail or phone"
        )
    locale = order.text("customer_locale")
    said: Mapping[str, str] = {"email": email, "phone": phone, "locale": locale}
    return {"guest": {name: text for name, text in said.items() if text}}


def _metadata(order: Fields) -> dict[str, str]:
    name = order.text("name")
    return {"shopify_name": name[:500]} if name else {}
