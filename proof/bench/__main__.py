"""`python -m proof.bench speed`, and the other commands that are named below."""

import sys
from importlib import import_module

# Imported when asked for: only the first needs DBOS.
COMMANDS = (
    "speed",
    "plain",
    "statements",
    "hostile",
    "overload",
    "large",
    "soak",
    "regular",
    "flat",
    "growth",
    "reconcile",
    "bulk",
    "streams",
    "pages",
    "protections",
)

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"say which: python -m proof.bench {' | '.join(COMMANDS)}")
    sys.exit(import_module(f"proof.bench.{name}").main(sys.argv[2:]))
