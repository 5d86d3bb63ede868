"""A class name means one thing: two homes for one name are two things that a reader takes for one."""

import ast
from collections import defaultdict
from pathlib import Path

PRODUCT = (
    "activities",
    "api",
    "db",
    "domain",
    "gateways",
    "importers",
    "service",
    "temporal_client",
    "upkeep",
    "web",
    "workflows",
)


def test_each_class_of_the_product_has_one_home() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in (path for room in PRODUCT for path in sorted(Path(room).rglob("*.py"))):
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
                homes[each.name].append(str(path))

    assert len(homes) > len(PRODUCT)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
