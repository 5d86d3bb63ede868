"""The HTTP surface: a thin layer over the rules, the database and the workflow."""
