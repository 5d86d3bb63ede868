"""Those who carry messages to people: a mail server, and whoever comes beside it."""
