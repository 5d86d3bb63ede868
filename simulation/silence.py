"""Workflows tell the Temporal UI what happens, in Markdown and attributes; nobody reads it here, and it costs time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from temporalio.common import SearchAttributeKey

from simulation.machine import direct_calls
from workflows import refund
from workflows.visibility import Story


class _Silent(Story):
    def happened(self, what: str) -> None:
        """Nobody listens."""

    def awaits(self, what: str, until: datetime | None, to_do: str) -> None:
        """Nobody listens."""


@contextmanager
def silence() -> Iterator[None]:
    """Let workflows that begin meanwhile keep their story to themselves."""
    with (
        patch.object(refund, "Story", _Silent),
        patch.object(SearchAttributeKey, "value_set", lambda *_: None),
        direct_calls(),
    ):
        yield
