"""Which payments the money goes back to, and the keys it is asked for under."""
