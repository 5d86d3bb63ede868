"""How long a busy provider wants to be left alone."""

from datetime import timedelta


def retry_after(said: str, otherwise: timedelta) -> timedelta:
    """Read a `Retry-After` in seconds; `otherwise` where there is none, or one that is no such number."""
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() else otherwise
