"""Money in whole minor units, and the currencies it is in."""
