"""What customers see: their order, a refund of it in three steps, and its story."""
