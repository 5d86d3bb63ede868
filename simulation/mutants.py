"""`make simulate-mutants`: each fault in turn, until the simulation notices it. A simulation must be able to fail."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from simulation.choices import Choices
from simulation.faults import MISDEEDS, SLIPS, Misdeed, Slip
from simulation.schedule import Played, play
from workflows import refund

_ROOMS = (
    "saga",
    "desk",
    "steps",
    "waiting",
    "reviewing",
    "parcel",
    "paying",
    "restoring",
    "reopening",
    "closing",
    "refund",
)


class FaultNotPossible(Exception):
    """The text that a fault changes is not there any more: the fault must be rewritten with the saga."""


def hunt(seed: int, schedules: int) -> dict[str, Any]:
    """Play at most so many schedules with each fault; tell which were noticed."""
    missed: list[str] = []
    faults: tuple[Slip | Misdeed, ...] = (*SLIPS, *MISDEEDS)
    for fault in faults:
        found = find(fault, seed, schedules)
        if found is None:
            missed.append(fault.name)
        print(f"{fault.name}: " + (f"after {found[0]}, {found[1].wrongs[0]:.120}" if found else "MISSED"))
    return {"mutants": len(faults), "caught": len(faults) - len(missed), "missed": missed}


def find(fault: Slip | Misdeed, seed: int, schedules: int) -> tuple[int, Played] | None:
    """The first schedule in which a fault shows, and how many it took; None where none of them notices."""
    with committed(fault) as workflow:
        for count, each in enumerate(range(seed, seed + schedules), start=1):
            played = play(Choices(each), workflow)
            if played.wrongs:
                return count, played
    return None


@contextmanager
def committed(fault: Slip | Misdeed) -> Iterator[type]:
    """The workflow with this fault, in modules of its own; the real one is not touched."""
    if isinstance(fault, Misdeed):
        with patch.object(fault.owner, fault.method, fault.replacement):
            yield refund.RefundWorkflow
        return
    names = [f"workflows.{room}" for room in _ROOMS]
    real = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        faulty = _load(names, fault)
    finally:
        sys.modules.update(real)
    yield faulty


def _load(names: list[str], fault: Slip) -> type:
    """Import the rooms anew, one of them with the fault in it."""
    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None and spec.loader is not None
        if name != f"workflows.{fault.room}":
            importlib.import_module(name)
            continue
        source = importlib.util.decode_source(spec.loader.get_data(spec.origin))  # type: ignore[attr-defined]
        if fault.old not in source:
            raise FaultNotPossible(f"{fault.name}: workflows/{fault.room}.py does not contain {fault.old!r}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        exec(compile(source.replace(fault.old, fault.new), spec.origin, "exec"), module.__dict__)  # noqa: S102
    workflow: Any = sys.modules["workflows.refund"]
    workflow.Story = vars(refund)["Story"]
    class_: type = workflow.RefundWorkflow
    return class_
