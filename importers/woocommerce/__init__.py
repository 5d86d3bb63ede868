"""Orders of WooCommerce's REST API with their refunds and coupons."""
