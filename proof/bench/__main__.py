"""`python -m proof.bench statements` and `python -m proof.bench hostile`."""

import sys

from proof.bench import hostile, statements

COMMANDS = {"statements": statements.main, "hostile": hostile.main}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"say which: python -m proof.bench {' | '.join(COMMANDS)}")
    sys.exit(COMMANDS[name](sys.argv[2:]))
