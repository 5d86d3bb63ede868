"""The message texts of every language, read from the files they are shipped in."""

import json
from pathlib import Path

from domain.messages import Catalogue

_LOCALES = Path(__file__).parent.parent / "locales"


def load_catalogue() -> Catalogue:
    """Read every `locales/*.json`; a new language is a new file. Raises ValueError where one lacks a text."""
    return Catalogue(
        {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(_LOCALES.glob("*.json"))}
    )
