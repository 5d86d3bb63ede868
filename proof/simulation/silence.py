"""Workflows tell the Temporal UI what happens, in Markdown and attributes; nobody reads it here, and it costs time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from proof.simulation.direct_calls import direct_calls
from workflows import refund
from workflows.visibility import Story, WaitsFor


class _Silent(Story):
    def happened(self, what: str) -> None:
        """Nobody listens."""

    def remark(self, what: str) -> None:
        """Nobody listens."""

    def awaits(self, what: str, until: datetime | None, to_do: str, waits_for: WaitsFor) -> None:
        """Nobody listens."""

    def awaits_help(self, step: str, to_do: str) -> None:
        """Nobody listens."""

    def waiting_for(self, what: str) -> list[SearchAttributeUpdate[Any]]:  # noqa: ARG002
        """Nobody listens."""
        return []


@contextmanager
def silence() -> Iterator[None]:
    """Let workflows that begin meanwhile keep their story to themselves."""
    with (
        patch.object(refund, "Story", _Silent),
        patch.object(SearchAttributeKey, "value_set", lambda *_: None),
        direct_calls(),
    ):
        yield
