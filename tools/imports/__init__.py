"""`make import`: orders and past refunds of other systems, read by `importers/` and pushed as any caller does."""
