"""Orders of Shopify's REST Admin API with their refunds, transactions and disputes."""
