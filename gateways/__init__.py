"""The parties outside: what we ask of them, and one adapter a file."""
