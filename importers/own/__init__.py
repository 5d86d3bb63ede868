"""Orders in our own words: JSON Lines of bodies, and tables of rows."""
