"""What of WooCommerce's payloads is left out, and why; what is neither read nor named here is told or refused."""

from collections.abc import Mapping

_SUM = "a sum of what is read"
_GOODS = "what the goods are, which no refund goes by"
_PERSON = "customers are pushed by PUT /v1/customers"
_SHOP = "how the shop sold it, which no refund goes by"
_LOCAL = "the same time in the shop's zone; the one in UTC is read"
_PLUGIN = "a plugin's own notes, which nobody else can read"
_DETAIL = "which tax it was; what it came to is read"
_COST = "what the goods cost the merchant, which no refund goes by"

LINE: Mapping[str, str] = {
    **dict.fromkeys(("product_id", "variation_id", "parent_name", "image", "global_unique_id", "tax_class"), _GOODS),
    **dict.fromkeys(("taxes", "tax_status"), _DETAIL),
    "price": "total and subtotal say it exactly",
    "cost_of_goods_sold": _COST,
    "meta_data": _PLUGIN,
}

SHIPPING_LINE: Mapping[str, str] = {
    **dict.fromkeys(("id", "method_id", "method_title", "instance_id", "tax_status"), _SHOP),
    "taxes": _DETAIL,
    "meta_data": _PLUGIN,
}

FEE_LINE: Mapping[str, str] = {
    **dict.fromkeys(("tax_class", "tax_status", "taxes"), _DETAIL),
    "amount": "total says it",
    "meta_data": _PLUGIN,
}

COUPON_LINE: Mapping[str, str] = {
    **dict.fromkeys(("id", "discount_type", "nominal_amount", "free_shipping"), "what it took off is read, in money"),
    "meta_data": _PLUGIN,
}

REFUND: Mapping[str, str] = {
    **dict.fromkeys(("refunded_by", "refunded_payment", "api_refund", "api_restock", "parent_id"), _SHOP),
    "date_created": _LOCAL,
    "meta_data": _PLUGIN,
    "_links": _SHOP,
    "tax_lines": _DETAIL,
}

ORDER: Mapping[str, str] = {
    **dict.fromkeys(
        (*("billing", "shipping", "customer_ip_address", "customer_user_agent", "customer_note"),),
        _PERSON,
    ),
    **dict.fromkeys(("payment_method_title", "payment_method", "transaction_id"), "of an order that nobody paid yet"),
    **dict.fromkeys(("date_created", "date_modified", "date_paid", "date_completed", "date_completed_gmt"), _LOCAL),
    **dict.fromkeys(("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax"), _SUM),
    **dict.fromkeys(
        (
            *("_links", "cart_hash", "created_via", "order_key", "parent_id", "prices_include_tax", "version"),
            *("currency_symbol", "payment_url", "is_editable", "needs_payment", "needs_processing"),
        ),
        _SHOP,
    ),
    "tax_lines": _DETAIL,
    "cost_of_goods_sold": _COST,
    "meta_data": _PLUGIN,
}
