"""The refund as a durable process on Temporal."""
