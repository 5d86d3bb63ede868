"""Another system of the merchant's, in which entitlements live: its contract, and the adapter that calls it."""
