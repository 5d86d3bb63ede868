"""Changes the workflow or the model of its activities in one place, named by symbol, and puts everything back."""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import patch

from workflows import refund

_ROOMS = (
    "saga",
    "words",
    "approvals",
    "intake",
    "telling",
    "steps",
    "waiting",
    "reviewing",
    "parcel",
    "paying",
    "restoring",
    "reopening",
    "closing",
    "waking",
    "refund",
)


class MutantNotPossible(Exception):
    """What a mutant changes is not there any more: the mutant must be rewritten with the saga."""


@dataclass(frozen=True, slots=True)
class WorkflowMutant:
    """A change of one function of the workflow, like `paying.Paying.pay_everyone`.

    Every expression or run of statements that means `old`, however it is laid out, becomes `new`; so does each of
    `also`.
    """

    name: str
    where: str
    old: str
    new: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def room(self) -> str:
        return f"workflows.{self.where.partition('.')[0]}"


@dataclass(frozen=True, slots=True)
class ActivityMutant:
    """A change of what the activities do: a method of the model, or a function that it looks up, is replaced."""

    name: str
    owner: type | ModuleType
    method: str
    replacement: Callable[..., Any]


Mutant = WorkflowMutant | ActivityMutant


@contextmanager
def mutated(mutant: Mutant) -> Iterator[type]:
    """The workflow with this mutation, in modules of its own; the real one is not touched.

    Raises MutantNotPossible where what it changes is not there.
    """
    if isinstance(mutant, ActivityMutant):
        with patch.object(mutant.owner, mutant.method, mutant.replacement):
            yield refund.RefundWorkflow
        return
    names = [f"workflows.{room}" for room in _ROOMS]
    real = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        changed = _load(names, mutant)
    finally:
        sys.modules.update(real)
    yield changed


def _load(names: list[str], mutant: WorkflowMutant) -> type:
    """Import the rooms anew, one of them with the mutation in it."""
    for name in names:
        if name == mutant.room:
            _load_changed(mutant)
        else:
            importlib.import_module(name)
    workflow: Any = sys.modules["workflows.refund"]
    workflow.Progress = vars(refund)["Progress"]
    class_: type = workflow.RefundWorkflow
    return class_


def _load_changed(mutant: WorkflowMutant) -> ModuleType:
    spec = importlib.util.find_spec(mutant.room)
    assert spec is not None and spec.origin is not None and spec.loader is not None
    source: bytes = spec.loader.get_data(spec.origin)  # type: ignore[attr-defined]
    tree = ast.parse(source)
    function = _function(tree, mutant)
    for old, new in ((mutant.old, mutant.new), *mutant.also):
        change = _Change(old, new)
        change.visit(function)
        if not change.is_done:
            raise MutantNotPossible(f"{mutant.name}: {mutant.where} does not say {old!r}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[mutant.room] = module
    exec(compile(ast.fix_missing_locations(tree), spec.origin, "exec"), module.__dict__)  # noqa: S102
    return module


def _function(tree: ast.AST, mutant: WorkflowMutant) -> ast.AST:
    """Find what `where` names."""
    found = tree
    for name in mutant.where.split(".")[1:]:
        inner = (node for node in ast.iter_child_nodes(found) if getattr(node, "name", None) == name)
        found = next(inner, None) or _missing(mutant)
    return found


def _missing(mutant: WorkflowMutant) -> ast.AST:
    raise MutantNotPossible(f"{mutant.name}: there is no {mutant.where}")


class _Change(ast.NodeTransformer):
    """Puts `new` in the place of each expression, or run of statements, that means `old`."""

    def __init__(self, old: str, new: str) -> None:
        self.is_done = False
        self._statements = ast.parse(old).body
        self._new = ast.parse(new).body
        first = self._statements[0]
        is_expression = len(self._statements) == 1 and isinstance(first, ast.Expr)
        self._expression = ast.dump(first.value) if is_expression and isinstance(first, ast.Expr) else None

    def visit(self, node: ast.AST) -> Any:
        if self._expression is not None and isinstance(node, ast.expr) and ast.dump(node) == self._expression:
            is_one = len(self._new) == 1 and isinstance(self._new[0], ast.Expr)
            if is_one and isinstance(self._new[0], ast.Expr):
                self.is_done = True
                return self._new[0].value
        node = super().visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, self._changed(block))
        return node

    def _changed(self, block: list[ast.stmt]) -> list[ast.stmt]:
        wanted = [ast.dump(statement) for statement in self._statements]
        for start in range(len(block) - len(wanted) + 1):
            if [ast.dump(statement) for statement in block[start : start + len(wanted)]] == wanted:
                self.is_done = True
                return [*block[:start], *self._new, *self._changed(block[start + len(wanted) :])]
        return block
