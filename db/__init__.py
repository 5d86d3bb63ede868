"""What makewhole stores, in PostgreSQL: tables, and queries grouped by noun."""
