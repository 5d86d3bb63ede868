"""What is done again and again beside the refunds, each of them by itself."""
