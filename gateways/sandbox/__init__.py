"""A payment provider and a carrier to play with, which keep books of their own."""
