"""`make by-pages`: real orders come back through the pages alone, in a real browser, to the penny."""
