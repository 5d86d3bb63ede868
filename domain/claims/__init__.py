"""What a refund asks for of an order, and what is left to ask for."""
