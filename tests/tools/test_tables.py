"""A table that is asked for any member of a closed set knows them all: a new word can't be forgotten in it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.tools.test_names import PRODUCT

GUARDED = {
    ("activities/notifications.py", "_TAKEN_BACK"): "of what is told together, the messages that say so",
    ("db/names.py", "_NAMES"): "asked for the kinds whose names are looked up here",
    ("domain/entitlements/grants.py", "_DEDUCTED_AS"): "no order grants points",
    ("domain/explain/explaining.py", "_CHOSEN"): "what goes elsewhere than it came from",
    ("domain/explain/stages.py", "_BEGINS"): "asked for what begins a stage",
    ("service/letters.py", "_WHY"): "what did not arrive",
    ("workflows/paying.py", "_PATIENCE"): "what is not decided yet",
    ("workflows/paying.py", "_OVERDUE"): "the same",
    ("workflows/reopening.py", "_STOPS"): "the statuses that stop a refund",
}
"""Tables of some members, and who asks them."""


def test_a_table_that_is_asked_for_any_member_has_each_of_them() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _files()}
    members = {name: each for tree in trees.values() for name, each in _closed_sets(tree)}
    lacking = {
        (str(path), name): sorted(members[of] - known)
        for path, tree in trees.items()
        for name, of, known in _tables(tree)
        if of in members and not members[of] <= known
    }

    assert len(members) > len(GUARDED)
    assert {where: lacks for where, lacks in lacking.items() if where not in GUARDED} == {}
    assert GUARDED.keys() == lacking.keys(), "a table that has become whole needs no line here"


def _files() -> list[Path]:
    return [path for room in PRODUCT for path in sorted(Path(room).rglob("*.py")) if "migrations" not in path.parts]


def _closed_sets(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for each in tree.body:
        if isinstance(each, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in each.bases):
            names = (line.targets[0] for line in each.body if isinstance(line, ast.Assign))
            yield each.name, {name.id for name in names if isinstance(name, ast.Name)}


def _tables(tree: ast.Module) -> Iterator[tuple[str, str, set[str]]]:
    """Each table of a file that is asked by `table[…]`: its name, of which closed set it is, what it has of that."""
    for name, table in _dictionaries(tree).items():
        keys = [each for each in table.keys if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)]
        sets = {ast.unparse(each.value) for each in keys}
        if len(sets) == 1 and len(keys) == len(table.keys) and _is_asked(tree, name):
            yield name, sets.pop(), {each.attr for each in keys}


def _dictionaries(tree: ast.Module) -> Mapping[str, ast.Dict]:
    found: dict[str, ast.Dict] = {}
    for each in tree.body:
        target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
        value = getattr(each, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Dict):
            found[target.id] = value
    return found


def _is_asked(tree: ast.Module, name: str) -> bool:
    asked = (each.value for each in ast.walk(tree) if isinstance(each, ast.Subscript))
    return any(isinstance(each, ast.Name) and each.id == name for each in asked)
