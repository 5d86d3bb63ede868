"""`python -m proof.bench speed`, `python -m proof.bench statements` and `python -m proof.bench hostile`."""

import sys
from importlib import import_module

COMMANDS = ("speed", "statements", "hostile")  # imported when asked for: only the first needs DBOS

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"say which: python -m proof.bench {' | '.join(COMMANDS)}")
    sys.exit(import_module(f"proof.bench.{name}").main(sys.argv[2:]))
