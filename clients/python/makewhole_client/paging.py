"""Lists and large things come in pages; each says where the next one begins."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from makewhole_client.errors import NotUnderstood

T_co = TypeVar("T_co", covariant=True)


class Items(Protocol[T_co]):
    """A page of a list."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next(self) -> str | None: ...


class Lines(Protocol):
    """Something with so many lines that they come in pages."""

    @property
    def next_lines(self) -> str | None: ...


def further(cursor: str | None, following: str | None) -> str | None:
    """Return the next cursor; one that does not go on would be read for ever."""
    if following is not None and following == cursor:
        raise NotUnderstood(f"a list gives the same page again, at {cursor!r}")
    return following
