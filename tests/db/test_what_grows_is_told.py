"""The manual says of every table what its rows end with, or why they stay: nobody adds one that just grows."""

import re
from collections import Counter
from pathlib import Path

from db.schema import metadata

MANUAL = Path(__file__).parents[2] / "docs" / "operations.md"


def test_the_manual_says_once_of_every_table_what_its_rows_end_with() -> None:
    _, _, section = MANUAL.read_text(encoding="utf-8").partition("\n### What grows, and what ends it\n")
    rows = re.findall(r"^\| (`[^|]+) \|", section.partition("\n### ")[0], re.MULTILINE)

    told = Counter(name for row in rows for name in re.findall(r"`(\w+)`", row))
    ours = Counter(table.name for table in metadata.sorted_tables if table.schema is None)
    assert told == ours
