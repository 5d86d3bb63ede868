"""Pictures of the main pages, for the README: of a real stack with real refunds."""
