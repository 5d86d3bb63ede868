"""What the API and activities both do inside a transaction, and what several activities do."""
