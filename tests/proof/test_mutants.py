"""`make mutants` copies the tests of the rules, and a few packages beside them, to where it changes the rules."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]


def test_the_tests_of_the_rules_need_nothing_of_ours_but_what_is_copied_with_them() -> None:
    told = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    copied = {*told["source_paths"], *told["also_copy"], "tests"}
    ours = {path.stem for path in TOP.iterdir() if path.suffix == ".py" or path.is_dir()} - sys.stdlib_module_names
    needed = {name.split(".")[0] for path in (TOP / "tests" / "domain").rglob("*.py") for name in _imported(path)}

    assert needed & ours <= copied


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module=str(name)):
                yield name
            case ast.Import(names=names):
                yield from (each.name for each in names)
