"""`make rulebook`: the rules, where each is kept, and what proves it."""
