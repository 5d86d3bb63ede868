"""One order of WooCommerce's as ours: every figure is read, added up, and held against what the payload says itself."""

import html
from collections.abc import Sequence

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import ImportedOrder, Json, Unreadable
from importers.tenders import Tenders, Way
from importers.woocommerce import left_out
from importers.woocommerce.lines import WooCommerceLine, read_coupons, read_lines, read_shipping
from importers.woocommerce.refunds import read_refunds

_UNPAID = frozenset({"pending", "on-hold", "failed", "checkout-draft"})
_SOLD = {"processing": "paid", "completed": "delivered", "refunded": "delivered"}


def read_order(order: Fields, beside: Sequence[Fields], tenders: Tenders) -> ImportedOrder:
    """Read an order with its refunds; raises Unreadable."""
    order_id, currency = order.must("id"), order.must("currency")
    if order.text("status") == "trash" or "amount" in order:
        raise Unreadable(order.at("status"), "it is no order that was sold")
    lines = read_lines(order, currency)
    shipping, shipping_tax = read_shipping(order, currency)
    free_cents = len(lines) + 1
    discounts = read_coupons(order, currency, lines, free_cents)
    come = sum(line.paid for line in lines) + shipping
    lines += _rounding(order, currency, come, free_cents)
    _check_tax(order, currency, sum(line.tax for line in lines) + shipping_tax, free_cents)
    total = order.money("total", currency)
    course = _course(order, total, tenders)
    body = {
        **_buyer(order),
        "currency": currency,
        **course,
        "lines": [line.body() | {"name": html.unescape(line.name)} for line in lines],
        "shipping": {"amount": shipping, "tax": shipping_tax},
        "discounts": discounts,
        "metadata": _metadata(order),
    }
    refunds = read_refunds(order, beside, currency, lines, course.get("payments", []))
    order.close(left_out.ORDER)
    return ImportedOrder(order_id, body, order.path, refunds)


def _rounding(order: Fields, currency: str, come: int, free_cents: int) -> list[WooCommerceLine]:
    """What the shop rounded: its lines are printed rounded, and their sum is rounded once. Raises Unreadable."""
    if not order.has("total"):
        raise Unreadable(order.at("total"), "this must be there")
    differs = order.money("total", currency) - come
    if abs(differs) > free_cents:
        said = in_units(order.money("total", currency), currency)
        raise Unreadable(
            order.at("total"), f"it says {said}, and what it is made of comes to {in_units(come, currency)}"
        )
    return [WooCommerceLine("rounding", "rounding", "", "rounding", 1, differs, differs, 0)] if differs else []


def _check_tax(order: Fields, currency: str, come: int, free_cents: int) -> None:
    said = order.money("total_tax", currency)
    if order.has("total_tax") and abs(said - come) > free_cents:
        raise Unreadable(
            order.at("total_tax"),
            f"it says {in_units(said, currency)}, and what it is made of comes to {in_units(come, currency)}",
        )


def _course(order: Fields, total: int, tenders: Tenders) -> Json:
    """Say how far the order is and what of it is paid; raises Unreadable."""
    status = order.must("status")
    placed_at = order.must_time("date_created_gmt", "UTC")
    updated_at, paid_at = order.time("date_modified_gmt", "UTC"), order.time("date_paid_gmt", "UTC")
    completed_at = order.time("date_completed_gmt", "UTC")
    course: Json = {"placed_at": placed_at.isoformat()}
    course |= {"updated_at": updated_at.isoformat()} if updated_at else {}
    if status not in (*_UNPAID, *_SOLD, "cancelled"):
        raise Unreadable(order.at("status"), f"nobody here knows how far an order is that is {status!r}")
    if paid_at is None and status in (*_UNPAID, "cancelled"):
        return course | {"status": "cancelled" if status in ("cancelled", "failed") else "placed"}
    course["status"] = "cancelled" if status in ("cancelled", "failed") else _SOLD.get(status, "paid")
    if course["status"] == "delivered" and completed_at:
        course["delivered_at"] = max(completed_at, placed_at).isoformat()
    elif course["status"] == "delivered":
        course["status"] = "paid"
    is_cod = order.text("payment_method") == "cod"
    if is_cod and paid_at is None and completed_at is None:
        return course | {"payments": [], "owed": total}
    when = max(paid_at or completed_at or placed_at, placed_at)
    return course | {"payments": _payments(order, total, tenders), "owed": 0, "paid_at": when.isoformat()}


def _payments(order: Fields, total: int, tenders: Tenders) -> list[Json]:
    if not total:
        return []
    name, charge = order.text("payment_method"), order.text("transaction_id")
    if not name:
        raise Unreadable(order.at("payment_method"), "it was paid, and does not say how")
    way = tenders.way(name)
    if way is None:
        raise Unreadable(order.at("payment_method"), Tenders.unknown(name))
    if way.method.needs_a_charge and not charge:
        raise Unreadable(order.at("transaction_id"), f"it was paid through {name}, and nothing says by which charge")
    return [_payment(way, charge, total)]


def _payment(way: Way, charge: str, total: int) -> Json:
    body: Json = {"payment_id": "paid", "method": str(way.method), "amount": total}
    body |= {"gateway": way.gateway} if way.gateway else {}
    return body | ({"gateway_ref": charge} if charge else {})


def _buyer(order: Fields) -> Json:
    customer_id = order.text("customer_id")
    if customer_id not in ("", "0"):
        return {"customer_id": customer_id}
    billing = order.object("billing")
    email, phone = (billing.text("email"), billing.phone("phone")) if billing else ("", "")
    if billing:
        billing.leave_rest("customers are pushed by PUT /v1/customers")
    if not email and not phone:
        raise Unreadable(order.at("billing/email"), "a guest has an e-mail, or a phone number with its country's code")
    return {"guest": {name: text for name, text in {"email": email, "phone": phone}.items() if text}}


def _metadata(order: Fields) -> dict[str, str]:
    number = order.text("number")
    return {"woocommerce_number": number[:500]} if number else {}
