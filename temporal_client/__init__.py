"""The client's side of Temporal: connecting, starting refunds, and saying something to them."""
