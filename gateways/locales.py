"""What people are told, read from the files of the languages, and the words that merchants have of their own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from domain.delivery.templates import Templates
from domain.explain.messages import Catalogue

FOLDER = Path(__file__).parent.parent / "locales"


def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read every `*.json`; a new language is a new file. Raises ValueError naming the texts that one lacks."""
    return Catalogue(
        {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    )


def load_templates(folder: str, catalogue: Catalogue, pages: str = "") -> Templates:
    """Read `<merchant>/<locale>.json` below a folder, none where none is named. pages: where customers find theirs.

    Raises ValueError that names everything that is wrong: a variable that a message has not, a topic that there is not.
    """
    if not folder:
        return Templates(pages=pages)
    if not Path(folder).is_dir():
        raise ValueError(f"MAKEWHOLE_TEMPLATES is {folder!r}: there is no such folder")
    files = sorted(Path(folder).glob("*/*.json"))
    texts = {(unquote(file.parent.name), file.stem): _texts(file) for file in files}
    return Templates.checked(texts, catalogue, pages)


def _texts(file: Path) -> dict[str, dict[str, str]]:
    shape = f'{file}: write a JSON object with one for each message: {{"paid": {{"subject": "…", "text": "…"}}}}'
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as unread:
        raise ValueError(f"{shape} ({unread})") from unread
    is_so = isinstance(found, dict) and all(isinstance(parts, dict) for parts in found.values())
    if not is_so or not all(isinstance(text, str) for parts in found.values() for text in parts.values()):
        raise ValueError(shape)
    return dict(found)
