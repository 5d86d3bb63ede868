"""What the stack says, and to whom."""

import sys
from collections.abc import Callable
from contextlib import suppress

Say = Callable[[str], None]


def say(text: str) -> None:
    """Print one line at once; a console that went away must not stop the thread that serves a child."""
    with suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
