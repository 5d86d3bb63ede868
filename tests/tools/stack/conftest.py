"""A home for the stack of each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.stack.helpers import fresh_home


@pytest.fixture
def home_path(tmp_path: Path) -> Iterator[Path]:
    with fresh_home(tmp_path) as path:
        yield path
