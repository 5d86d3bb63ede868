"""What makewhole costs and withstands, measured on a stack of its own; each command ends with one JSON line."""
