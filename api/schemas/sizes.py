"""How large things on the wire may be: the work and the answers stay in proportion to them."""

MOST_LINES = 5_000
"""Lines of an order, and of a request about one."""

MOST_SHARES = 200_000
"""Lines times discounts of an order: each discount may have a share in each line."""
