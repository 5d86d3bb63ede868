"""What must agree and may not: the database with Temporal, our ledger with the books of the payment providers."""
