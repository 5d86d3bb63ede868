"""Which functions keep a rule and which tests prove it, read from the sources: docstrings name their rules."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("domain", "service", "activities", "workflows", "temporal_client", "upkeep", "db", "gateways", "api")
_NAMED = re.compile(r"\brules? (\d+(?:(?:, | and | to )\d+)*)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A module (name empty), class or function of which the docstring names rules; `path` from the top."""

    path: str
    name: str
    text: str
    rules: frozenset[int]

    @property
    def is_ruling(self) -> bool:
        return self.path.startswith("domain/")


@dataclass(frozen=True, slots=True)
class Proof:
    """A test, and the rules that its part of the file is about."""

    path: str
    name: str
    rules: frozenset[int]

    @property
    def sentence(self) -> str:
        """The test's name as it is meant: `pays_10_00_for_it` is "pays 10.00 for it"."""
        words = re.sub(r"(\d+)_(\d\d)(?=_|$)", r"\1.\2", self.name.removeprefix("test_")).replace("_", " ")
        return words[0].upper() + words[1:]


def named_rules(text: str) -> frozenset[int]:
    """Return the numbers in "rule 7", "rules 4, 5 and 7" or "rules 18 to 20"."""
    return frozenset(number for found in _NAMED.finditer(text) for number in _numbers(found[1]))


def _numbers(words: str) -> Iterator[int]:
    for part in re.split(r", | and ", words):
        first, _, last = part.partition(" to ")
        yield from range(int(first), int(last or first) + 1)


def kept_rules(top: Path) -> list[Kept]:
    """Everything public in the rooms that names a rule."""
    return [kept for room in ROOMS for path in sorted((top / room).rglob("*.py")) for kept in _kept_in(path, top)]


def _kept_in(path: Path, top: Path) -> Iterator[Kept]:
    place, module = path.relative_to(top).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
    for node, owner in [(module, ""), *_definitions(module)]:
        text, name = ast.get_docstring(node) or "", owner + getattr(node, "name", "")
        if rules := named_rules(text):
            yield Kept(place, name, text, rules)


def _definitions(module: ast.Module) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node, ""
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and not inner.name.startswith("_"):
                    yield inner, f"{node.name}."


def proofs(top: Path) -> list[Proof]:
    """Every test under a comment that names rules, or else in a file that does."""
    return [proof for path in sorted((top / "tests").rglob("test_*.py")) for proof in _proofs_in(path, top)]


def _proofs_in(path: Path, top: Path) -> Iterator[Proof]:
    source = path.read_text(encoding="utf-8")
    of_file = named_rules(ast.get_docstring(ast.parse(source)) or "")
    rules = of_file
    for line in source.splitlines():
        if line.startswith("# "):
            rules = named_rules(line) or of_file
        found = re.match(r"(?:async )?def (test_\w+)\(", line)
        if found and rules:
            yield Proof(path.relative_to(top).as_posix(), found[1], rules)
