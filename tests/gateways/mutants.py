"""An adapter with one fault, imported under another name, and the test of the suite that must fail then."""

import importlib
import secrets
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

import pytest

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Mutant(Generic[P]):
    """`was`, found once in a file of the adapter, becomes `is_now`; `by` is the test that must fail then."""

    file: str
    was: str
    is_now: str
    by: Callable[[P], Awaitable[None]]


async def is_caught(mutant: Mutant[P], party: P) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)):
        await mutant.by(party)


async def passes_without_a_fault(
    mutants: Mapping[str, Mutant[P]],
    line: str,
    with_fault: Callable[[Mutant[P], Path], AbstractAsyncContextManager[P]],
    folder: Path,
) -> None:
    """See that each test that catches a fault passes where there is none: `line` of gateway.py becomes itself."""
    for told in {mutant.by for mutant in mutants.values()}:
        async with with_fault(Mutant("gateway.py", line, line, told), folder) as party:
            await told(party)


def loaded(
    package: ModuleType, mutant: Mutant[P], folder: Path, shared: Sequence[ModuleType] = ()
) -> Callable[[str], ModuleType]:
    """Copy the adapter with its fault, and return what imports a module of the copy.

    `shared` are modules that several adapters have in common: the copy has its own.
    """
    name = f"adapter_with_a_fault_{secrets.token_hex(4)}"
    copy = folder / name
    shutil.copytree(Path(str(package.__file__)).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for module in shared:
        shutil.copy(str(module.__file__), copy)
    for path in copy.glob("*.py"):
        text = path.read_text(encoding="utf-8").replace(package.__name__, name)
        for module in shared:
            text = text.replace(module.__name__, f"{name}.{module.__name__.rpartition('.')[2]}")
        if path.name == mutant.file:
            assert text.count(mutant.was) == 1, "the adapter has changed: choose the fault anew"
            text = text.replace(mutant.was, mutant.is_now)
        path.write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return lambda module: importlib.import_module(f"{name}.{module}")
