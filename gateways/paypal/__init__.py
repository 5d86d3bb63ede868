"""PayPal, by its REST API (Payments v2): refunds of captures, in one merchant's account."""
