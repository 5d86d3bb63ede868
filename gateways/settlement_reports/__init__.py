"""Settlement reports of payment providers: what they say moved, line by line."""
