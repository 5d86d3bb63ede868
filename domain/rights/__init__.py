"""Who may ask for refunds, how risky a refund is, and who approves it."""
