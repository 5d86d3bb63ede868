"""Stripe, by its own client: refunds of charges and of payment intents, in one merchant's account."""
