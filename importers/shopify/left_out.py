"""What of Shopify's payloads is left out, and why; what is neither read nor named here is told or refused."""

from collections.abc import Mapping

_SUM = "a sum of what is read"
_NOW = "what is left after edits and refunds, which are read themselves"
_GOODS = "what the goods are, which no refund goes by"
_PERSON = "customers are pushed by PUT /v1/customers"
_SHOP = "how the shop sold it, which no refund goes by"
_AGAIN = "it repeats what is read elsewhere"
_RATE = "the tax itself is read, in money"

TAX_LINE: Mapping[str, str] = {"rate": _RATE, "title": _RATE, "channel_liable": _RATE, "rate_percentage": _RATE}

DUTY: Mapping[str, str] = {
    "harmonized_system_code": _GOODS,
    "country_code_of_origin": _GOODS,
    "admin_graphql_api_id": _AGAIN,
}

LINE_ITEM: Mapping[str, str] = {
    **dict.fromkeys(
        ("current_quantity", "fulfillable_quantity", "fulfillment_status", "fulfillment_service"),
        "what is sent and what is left follows from fulfillments and refunds",
    ),
    **dict.fromkeys(("grams", "product_id", "variant_id", "variant_title", "vendor", "properties", "title"), _GOODS),
    **dict.fromkeys(("taxable", "requires_shipping", "product_exists", "gift_card", "attributed_staffs"), _GOODS),
    **dict.fromkeys(("variant_inventory_management", "origin_location", "destination_location"), _SHOP),
    **dict.fromkeys(("admin_graphql_api_id", "pre_tax_price", "pre_tax_price_set", "sales_line_item_group_id"), _AGAIN),
    **dict.fromkeys(("price", "tip", "price_set", "discounts"), _AGAIN),
}

SHIPPING_LINE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("id", "code", "title", "source", "carrier_identifier", "requested_fulfillment_service_id", "phone"),
            *("delivery_category", "validation_context", "delivery_expectation_range", "delivery_expectation_type"),
        ),
        _SHOP,
    ),
    **dict.fromkeys(("current_discounted_price_set",), _NOW),
}

DISCOUNT: Mapping[str, str] = {
    **dict.fromkeys(("value", "value_type"), "what it took off is read from its allocations, in money"),
    **dict.fromkeys(("target_selection", "allocation_method", "target_type"), "its allocations say what it was for"),
    **dict.fromkeys(("title", "description"), "makewhole names a discount by its code"),
}

TRANSACTION: Mapping[str, str] = {
    **dict.fromkeys(("receipt", "payment_details", "message", "error_code", "device_id", "user_id"), _SHOP),
    **dict.fromkeys(("location_id", "source_name", "order_id", "internal_card_id", "payment_id"), _SHOP),
    **dict.fromkeys(("admin_graphql_api_id", "manual_payment_gateway", "payments_refund_attributes"), _SHOP),
    **dict.fromkeys(("amount_rounding", "extended_authorization_attributes", "currency_exchange_id"), _SHOP),
    **dict.fromkeys(("total_unsettled_set", "maximum_refundable"), _NOW),
    "currency_exchange_adjustment": "what an exchange rate did to the merchant is for the settlement report",
}

REFUND: Mapping[str, str] = {
    **dict.fromkeys(("restock", "user_id", "admin_graphql_api_id", "return", "additional_fees"), _SHOP),
    **dict.fromkeys(("total_duties_set", "total_additional_fees_set"), _SUM),
}

REFUND_LINE: Mapping[str, str] = {
    **dict.fromkeys(("id", "admin_graphql_api_id", "restock_type", "location_id"), _SHOP),
    "line_item": _AGAIN,
}

ADJUSTMENT: Mapping[str, str] = dict.fromkeys(("id", "order_id", "refund_id", "reason", "admin_graphql_api_id"), _SHOP)

FULFILLMENT: Mapping[str, str] = dict.fromkeys(
    (
        *("order_id", "service", "tracking_company", "tracking_number", "tracking_numbers", "tracking_url", "name"),
        *("tracking_urls", "receipt", "location_id", "admin_graphql_api_id", "origin_address", "v2"),
    ),
    "where a parcel is on its way to the customer, no refund goes by",
)

DISPUTE: Mapping[str, str] = dict.fromkeys(
    ("reason", "network_reason_code", "evidence_due_by", "evidence_sent_on"), "the bank's own, which no refund goes by"
)

ORDER: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("subtotal_price", "subtotal_price_set", "total_price_usd", "total_outstanding", "tax_lines"),
            *("total_shipping_price_set", "original_total_duties_set", "duties_included", "estimated_taxes"),
        ),
        _SUM,
    ),
    **dict.fromkeys(
        (
            *("current_subtotal_price", "current_subtotal_price_set", "current_total_discounts", "current_total_price"),
            *("current_total_discounts_set", "current_total_duties_set", "current_total_price_set"),
            *("current_total_tax", "current_total_tax_set", "current_total_additional_fees_set"),
            *("current_shipping_price_set", "total_cash_rounding_refund_adjustment_set"),
        ),
        _NOW,
    ),
    **dict.fromkeys(
        (
            *("billing_address", "shipping_address", "client_details", "browser_ip", "buyer_accepts_marketing"),
            *("payment_details", "tax_exempt", "contact_email", "email", "phone", "customer_locale"),
        ),
        _PERSON,
    ),
    **dict.fromkeys(
        (
            *("app_id", "cart_token", "checkout_token", "checkout_id", "closed_at", "cancel_reason", "confirmed"),
            *("confirmation_number", "company", "device_id", "landing_site", "landing_site_ref", "location_id"),
            *("merchant_of_record_app_id", "note", "note_attributes", "number", "order_number", "order_status_url"),
            *("payment_terms", "po_number", "processed_at", "processing_method", "reference", "referring_site"),
            *("source", "source_identifier", "source_name", "source_url", "tags", "token", "total_weight"),
            *("user_id", "admin_graphql_api_id", "merchant_business_entity_id", "returns", "payment_gateway_names"),
            *("gateway", "discount_codes", "fulfillment_status"),
        ),
        _SHOP,
    ),
}
