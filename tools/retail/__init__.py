"""`make retail`: a year of a real shop's orders and cancellations through the whole stack."""
