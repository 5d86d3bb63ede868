"""Campaigns: a customer's standing, and what a refund does to it."""
