"""Adyen, by Checkout v72: refunds of captured payments, in one merchant account."""
