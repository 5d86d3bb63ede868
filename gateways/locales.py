"""What people are told, read from the files of the languages."""

import json
from pathlib import Path

from domain.explain.messages import Catalogue

FOLDER = Path(__file__).parent.parent / "locales"


def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read every `*.json`; a new language is a new file. Raises ValueError naming the texts that one lacks."""
    return Catalogue(
        {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    )
