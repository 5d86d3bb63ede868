"""What a refund waits for where many are under way, worked out from what one was measured to cost."""
