"""Pages for those who work for a merchant: reviewers, the warehouse, operations."""
