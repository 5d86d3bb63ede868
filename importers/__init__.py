"""Orders and past refunds of other systems, read as ours: pure functions from what those publish to our own bodies."""
