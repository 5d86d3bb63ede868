"""Small payloads of our own making, written as Shopify and WooCommerce write them."""

from typing import Any

from api.schemas.orders import OrderBody
from domain.sale.orders import Order
from importers.documents import PlacedDocument
from importers.outcome import ImportedOrder, Read
from importers.shopify import payloads as shopify
from importers.tenders import Tenders, Way
from importers.woocommerce import payloads as woocommerce

Json = dict[str, Any]

TENDERS = Tenders(
    {"card_processor": Way.read("card:stripe"), "till": Way.read("other"), "stripe": Way.read("card:stripe")}
)


def shopify_line(line_id: int = 11, price: str = "20.00", quantity: int = 1, tax: str = "", **fields: Any) -> Json:
    taxes = [{"title": "VAT", "price": tax, "rate": 0.2}] if tax else []
    return {
        "id": line_id,
        "title": "Kettle",
        "name": "Kettle - blue",
        "sku": f"K-{line_id}",
        "price": price,
        "quantity": quantity,
        "total_discount": "0.00",
        "tax_lines": taxes,
        "discount_allocations": [],
        **fields,
    }


def shopify_order(*lines: Json, total: str = "20.00", **fields: Any) -> Json:
    """An order that was paid by card, of one kettle for 20.00 where nothing else is said."""
    return {
        "id": 1001,
        "name": "#1001",
        "currency": "USD",
        "created_at": "2021-03-01T10:00:00-05:00",
        "updated_at": "2021-03-02T10:00:00-05:00",
        "customer": {"id": 77, "email": "ann@example.com"},
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": False,
        "total_price": total,
        "line_items": list(lines) or [shopify_line()],
        "shipping_lines": [],
        "transactions": [sale(total)],
        **fields,
    }


def sale(amount: str, transaction_id: int = 501, kind: str = "sale", **fields: Any) -> Json:
    return {
        "id": transaction_id,
        "order_id": 1001,
        "kind": kind,
        "status": "success",
        "gateway": "card_processor",
        "amount": amount,
        "currency": "USD",
        "parent_id": None,
        "authorization": f"ch_{transaction_id}",
        "created_at": "2021-03-01T10:00:05-05:00",
        **fields,
    }


def shopify_refund(amount: str, *lines: Json, **fields: Any) -> Json:
    return {
        "id": 901,
        "order_id": 1001,
        "created_at": "2021-03-05T10:00:00-05:00",
        "note": "too loud",
        "refund_line_items": list(lines),
        "transactions": [sale(amount, 601, "refund", parent_id=501)] if amount else [],
        "order_adjustments": [],
        **fields,
    }


def back(line_id: int = 11, quantity: int = 1, subtotal: str = "20.00", tax: str = "0.00") -> Json:
    return {"id": 1, "line_item_id": line_id, "quantity": quantity, "subtotal": subtotal, "total_tax": tax}


def woo_line(line_id: int = 31, total: str = "20.00", quantity: int = 1, tax: str = "0.00", **fields: Any) -> Json:
    return {
        "id": line_id,
        "name": "Tea &amp; Pot",
        "sku": f"T-{line_id}",
        "product_id": 5,
        "quantity": quantity,
        "subtotal": total,
        "subtotal_tax": tax,
        "total": total,
        "total_tax": tax,
        **fields,
    }


def woo_order(*lines: Json, total: str = "20.00", **fields: Any) -> Json:
    return {
        "id": 2001,
        "number": "2001",
        "order_key": "wc_order_1",
        "status": "completed",
        "currency": "EUR",
        "customer_id": 88,
        "date_created_gmt": "2021-03-01T10:00:00",
        "date_modified_gmt": "2021-03-03T10:00:00",
        "date_paid_gmt": "2021-03-01T10:05:00",
        "date_completed_gmt": "2021-03-03T10:00:00",
        "payment_method": "stripe",
        "transaction_id": "ch_2001",
        "total": total,
        "line_items": list(lines) or [woo_line()],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        **fields,
    }


def woo_refund(amount: str, *lines: Json, **fields: Any) -> Json:
    return {
        "id": 2901,
        "parent_id": 2001,
        "amount": amount,
        "reason": "broken",
        "date_created_gmt": "2021-03-09T10:00:00",
        "line_items": list(lines),
        **fields,
    }


def woo_back(line_id: int = 31, total: str = "-20.00", quantity: int = -1, tax: str = "0.00") -> Json:
    note = {"id": 1, "key": "_refunded_item_id", "value": str(line_id)}
    return {"id": 99, "quantity": quantity, "total": total, "total_tax": tax, "meta_data": [note]}


def from_shopify(*values: Any) -> Read:
    return shopify.read([PlacedDocument("shop.json#", value) for value in values], TENDERS)


def from_woocommerce(*values: Any) -> Read:
    return woocommerce.read([PlacedDocument("woo.json#", value) for value in values], TENDERS)


def only(read: Read) -> ImportedOrder:
    assert read.refused == ()
    assert len(read.orders) == 1
    return read.orders[0]


def why(read: Read) -> tuple[str, str]:
    """Where and why the only payload was refused."""
    assert read.orders == ()
    assert len(read.refused) == 1
    return read.refused[0].path, read.refused[0].why


def sold(order: ImportedOrder) -> Order:
    """Read an imported order as the API does."""
    return OrderBody.model_validate(order.body).to_domain(order.order_id)
