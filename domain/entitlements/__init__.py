"""What an order used and earned beside money, and what becomes of it."""
