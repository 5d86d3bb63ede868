"""What pages say, in the visitor's language: one catalogue a language, a file for each part of the pages."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

LOCALES = Path(__file__).parent / "locales"
USUAL = "en"

_TURNING = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Letters, in Unicode's words, by which what stands beside them is written elsewhere."""

_ISOLATES = re.compile("[\u2066-\u2069]")

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The texts of one language; called as a function it returns one of them, escaped, with what is put in escaped."""

    language: str
    name: str
    by_key: Mapping[str, str]

    def __call__(self, key: str, **put_in: object) -> Markup:
        said = {name: _set_apart(value) for name, value in put_in.items()}
        return Markup(escape(self.by_key[key])).format(**said)  # noqa: S704 - escaped right here

    def of(self, family: str, which: object, **put_in: object) -> Markup:
        """Return the text of a word, `t.of("words.status", refund.status)`; of one that it does not know, the word."""
        key = f"{family}.{which}"
        return self(key, **put_in) if key in self.by_key else escape(str(which).replace("_", " "))

    def has(self, family: str, which: object) -> bool:
        return f"{family}.{which}" in self.by_key

    @property
    def direction(self) -> str:
        return "rtl" if self.language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _set_apart(value: object) -> object:
    """Keep what somebody wrote from turning the sentence that it is put into; most that is put in can't."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isascii():
        return value
    if not any(unicodedata.bidirectional(each) in _TURNING for each in value):
        return value
    return f"\u2068{_ISOLATES.sub('', value)}\u2069"


def load_texts(folder: Path = LOCALES) -> dict[str, PageTexts]:
    """Read the catalogues: a folder a language, and in it a file a part, whose name comes before its keys."""
    found = {}
    for language in sorted(each.name for each in folder.iterdir() if each.is_dir()):
        parts = sorted((folder / language).glob("*.json"))
        by_key = {f"{part.stem}.{key}": text for part in parts for key, text in _read(part).items()}
        found[language] = PageTexts(language, by_key["common.language"], by_key)
    return found


def _read(part: Path) -> dict[str, str]:
    texts: dict[str, str] = json.loads(part.read_text(encoding="utf-8"))
    return texts


def preferred(accepted: str, known: Mapping[str, PageTexts]) -> PageTexts:
    """Choose by an `Accept-Language`: the first that is known, by its whole name or by its language alone."""
    for wanted in _in_order(accepted):
        for language, texts in known.items():
            if wanted == language.lower() or wanted.split("-")[0] == language.lower().split("-")[0]:
                return texts
    return known[USUAL]


def _in_order(accepted: str) -> list[str]:
    weighed = []
    for place, each in enumerate(accepted.split(",")[:20]):
        name, _, weight = each.strip().lower().partition(";q=")
        if name and _number(weight) > 0:
            weighed.append((-_number(weight), place, name))
    return [name for _, _, name in sorted(weighed)]


def _number(weight: str) -> float:
    try:
        return float(weight or "1")
    except ValueError:
        return 0.0
