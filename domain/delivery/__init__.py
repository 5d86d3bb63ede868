"""How what people are told reaches them: by which channels, when, and for how long it is tried."""
