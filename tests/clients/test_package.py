"""The client is a package of its own: nothing of the service comes with it, and typer only with the command line."""

import ast
import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).parents[2] / "clients/python"


def test_it_needs_httpx_and_pydantic_and_nothing_of_the_service() -> None:
    needed: dict[str, set[str]] = {"cli": set(), "": set()}
    for path in (HOME / "makewhole_client").rglob("*.py"):
        needed["cli" if "cli" in path.parts else ""] |= imported(path)

    assert needed[""] == {"httpx", "pydantic", "makewhole_client"}
    assert needed["cli"] == {"typer", "pydantic", "makewhole_client"}


def test_it_says_what_it_needs_and_that_it_is_typed() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]

    assert [each.split(">")[0] for each in project["dependencies"]] == ["httpx", "pydantic"]
    assert [each.split(">")[0] for each in project["optional-dependencies"]["cli"]] == ["typer"]
    assert (HOME / "makewhole_client/py.typed").exists()


def imported(path: Path) -> set[str]:
    """Return what a module imports that Python itself does not have."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
