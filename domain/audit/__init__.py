"""What makes the audit trail provable: a tree over its entries, and checkpoints that are signed (rule 39)."""
