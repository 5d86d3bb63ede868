"""Taking the sealing out of a process, and out of those that it begins for large orders (`unprotected.py`)."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio.api.common.v1 import Payload

from db import sealing
from db.sealing import Ring
from service import lanes
from temporal_client.sealed_payloads import SealedPayloads

_begin_there = lanes._begin


def write_in_clear() -> None:
    """From here on this process seals nothing, and nor do those that it begins."""
    sealing.use = _use_none
    SealedPayloads.encode = _as_they_are  # type: ignore[method-assign]
    lanes._begin = begin_in_clear


def begin_in_clear(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    """Found by its name in a process for large orders, which imports everything anew."""
    write_in_clear()
    _begin_there(begin, given)


def _use_none(ring: Ring | None) -> None:
    """Programs refuse to start without keys; these have some, and use none."""


async def _as_they_are(self: SealedPayloads, payloads: Sequence[Payload]) -> list[Payload]:  # noqa: ARG001 - a method
    return list(payloads)
