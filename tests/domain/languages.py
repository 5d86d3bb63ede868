"""The languages that are shipped, with all of their texts."""

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES: dict[str, Mapping[str, str]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parents[2] / "locales").glob("*.json")
}
