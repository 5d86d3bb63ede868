"""Workflows tell the Temporal UI what happens, in Markdown and attributes; nobody reads it here, and it costs time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from temporalio.common import SearchAttributeKey

from proof.simulation.direct_calls import direct_calls
from workflows import refund
from workflows.visibility import Progress, WaitsFor


class _Silent(Progress):
    def log(self, what: str) -> None:
        """Nobody listens."""

    def remark(self, what: str) -> None:
        """Nobody listens."""

    def waiting_for(self, what: str, until: datetime | None, to_do: str, waits_for: WaitsFor) -> None:
        """Nobody listens."""

    def waiting_for_help(self, step: str, to_do: str) -> None:
        """Nobody listens."""

    def enter(self, status: str, *, needs_attention: bool, waits_for: str = WaitsFor.NOTHING) -> None:
        """Nobody listens."""

    def judge(self, risk_score: int) -> None:
        """Nobody listens."""

    def show(self) -> None:
        """Nobody listens."""


@contextmanager
def silence() -> Iterator[None]:
    """Let workflows that begin meanwhile keep their story to themselves."""
    with (
        patch.object(refund, "Progress", _Silent),
        patch.object(SearchAttributeKey, "value_set", lambda *_: None),
        direct_calls(),
    ):
        yield
