"""Models of a provider's own client package, each loaded by itself: the package as a whole reads hundreds of them."""

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

Json = dict[str, Any]


def model(package: str, module: str, name: str) -> Any:
    """Return a model, with those alone that it is made of."""
    for each in (package, f"{package}.models"):
        if each not in sys.modules:
            _without_what_it_imports(each)
    return getattr(importlib.import_module(f"{package}.models.{module}"), name)


def source(package: str, file: str) -> str:
    """Read a file of the package, which is not run."""
    return (folder_of(package) / file).read_text(encoding="utf-8")


@cache
def folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations, f"{package} is not installed: `make test` does that"
    return Path(spec.submodule_search_locations[0])


def _without_what_it_imports(name: str) -> None:
    top, _, rest = name.partition(".")
    empty = ModuleType(name)
    empty.__path__ = [str(folder_of(top) / rest)] if not rest else [str(Path(sys.modules[top].__path__[0]) / rest)]
    sys.modules[name] = empty
