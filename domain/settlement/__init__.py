"""What one refund comes to, and why it comes to something else than its quote."""
