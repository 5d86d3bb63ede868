"""The rules of a refund: standard library only, no clock, no dice, no input or output."""
