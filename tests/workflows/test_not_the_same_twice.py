"""What a workflow runs does the same in every replay: nothing in it may depend on the process that runs it."""

from pathlib import Path

import pytest

from tests.workflows.not_the_same_twice import faults, orders_of_sets

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.py"))
CODE = [*WORKFLOWS, *sorted((ROOT / "domain").rglob("*.py"))]
CLOCK = ROOT / "domain" / "clock.py"
"""Tells a workflow's own time: `temporal_client/runner.py`."""


@pytest.mark.parametrize("path", [path for path in CODE if path != CLOCK], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_workflows_run_asks_nothing_that_differs_in_a_replay(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_take_nothing_in_the_order_of_a_set(path: Path) -> None:
    assert orders_of_sets(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from time import monotonic",
        "import os.path",
        "now = datetime.now(UTC)",
        "made = [open(name)]",
        "done, _ = await asyncio.wait(tasks)",
    ],
)
def test_what_may_differ_is_found(line: str) -> None:
    assert faults(line)


@pytest.mark.parametrize(
    "line",
    [
        "for each in {1, 2}: tell(each)",
        "told = [tell(each) for each in set(topics)]",
        "told = ', '.join(set(topics) - {'a'})",
        "first = next(iter(frozenset(topics)))",
        "def tell(topics: frozenset[str]) -> list[str]: return [*topics]",
        "class Told:\n    topics: set[str]\n    def __init__(self): self.first = list(self.topics)",
        "known = {each for each in topics}\nfor each in known: tell(each)",
    ],
)
def test_the_order_of_a_set_is_found(line: str) -> None:
    assert orders_of_sets(line)


@pytest.mark.parametrize(
    "line",
    [
        "for each in sorted({1, 2}): tell(each)",
        "is_one = any(each.is_paid for each in {1, 2})",
        "count = len(set(topics))",
        "now = workflow.now()",
        "kept = {each for each in set(topics)}",
        "for each in topics: tell(each)",
    ],
)
def test_what_is_always_the_same_is_not(line: str) -> None:
    assert not faults(line) and not orders_of_sets(line)
