"""A stack of the replay's own, so that neither an earlier run nor a stack that runs already weighs on its figures."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from settings import StackSettings
from tools.stack.as_root import POINTER

ANSWER_WITHIN_S = 120
"""The replay asks what is answered, not how soon: on a machine that stands still for a while no answer is cut off."""


def patient(settings: StackSettings) -> StackSettings:
    """The same stack, but it leaves a request all the time that a slow machine may need."""
    return replace(settings, answer_within_s=ANSWER_WITHIN_S)


@contextmanager
def fresh_home(settings: StackSettings) -> Iterator[StackSettings]:
    """Settings with a new data directory, gone afterwards; the one that MAKEWHOLE_HOME names is used and kept."""
    if settings.environment.get("MAKEWHOLE_HOME"):
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="makewhole-retail-", ignore_cleanup_errors=True) as directory:
        try:
            yield replace(settings, home=Path(directory), api_port=0)
        finally:
            _forget_postgres_of_root(Path(directory))


def _forget_postgres_of_root(home: Path) -> None:
    """Root's Postgres keeps its data outside the home."""
    pointer = home / POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text(encoding="utf-8"), ignore_errors=True)
