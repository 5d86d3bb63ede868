"""`make demo`: real refunds end to end, each with its story and its checks."""
