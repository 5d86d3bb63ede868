"""What was sold: the order, its lines and units, and what each part was paid with."""
