"""docs/security.md judges each requirement of OWASP ASVS 5.0.0, levels 1 and 2, once, and names what exists."""

import re
from collections import Counter

import pytest

from tools.licences import TOP

ASKED = {
    1: {1: 2, 2: 9, 3: 11, 4: 3, 5: 2},
    2: {1: 3, 2: 3, 3: 4, 4: 1},
    3: {2: 2, 3: 4, 4: 6, 5: 5, 7: 2},
    4: {1: 3, 2: 1, 3: 2, 4: 4},
    5: {1: 1, 2: 3, 3: 2, 4: 3},
    6: {1: 3, 2: 12, 3: 4, 4: 4, 5: 5, 6: 3, 8: 4},
    7: {1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2},
    8: {1: 2, 2: 3, 3: 1, 4: 1},
    9: {1: 3, 2: 4},
    10: {1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3},
    11: {1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 1},
    12: {1: 3, 2: 2, 3: 4},
    13: {1: 1, 2: 5, 3: 2, 4: 5},
    14: {1: 2, 2: 4, 3: 3},
    15: {1: 3, 2: 3, 3: 7},
    16: {1: 1, 2: 5, 3: 4, 4: 3, 5: 3},
    17: {1: 1, 2: 4, 3: 2},
}
"""By chapter and section, how many requirements of levels 1 and 2 there are; those of level 3 follow them."""

STATES = {"met", "partly", "open", "deployer", "none here"}

DOCUMENT = (TOP / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if re.match(r"\| [0-9]+\.[0-9]+\.[0-9]+", line)
]


def test_each_requirement_is_judged_once() -> None:
    judged = Counter(each for row in ROWS for each in _named(row[0]))
    asked = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in ASKED.items()
        for section, most in sections.items()
        for number in range(1, most + 1)
    ]

    assert len(asked) == 253
    assert judged == Counter(asked)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_its_state_and_names_what_is_there(row: list[str]) -> None:
    _, state, how, shown = row

    assert state in STATES
    assert how or state == "none here"
    for place in re.findall(r"`([\w.]+/[\w./]+|[A-Z]\w+\.md|pyproject\.toml)`", shown):
        assert (TOP / place).exists(), place


def _named(cell: str) -> list[str]:
    """Read `1.2.6–8, 1.3.1` as four requirements."""
    found = []
    for piece in cell.split(", "):
        section, first, last = re.fullmatch(r"(\d+\.\d+)\.(\d+)(?:–(\d+))?", piece).groups()  # type: ignore[union-attr]
        found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found
