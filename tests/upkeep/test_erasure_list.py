"""The list of erasures outside of the database: only ever added to, and read past what a power failure cut off."""

from datetime import UTC, datetime
from pathlib import Path

from db.erasures import Erasure
from upkeep.erasure_list import ErasureList


def an_erasure(name: str) -> Erasure:
    return Erasure(name, "m1", "lilei", datetime(2026, 11, 1, 8, tzinfo=UTC))


async def test_what_is_added_is_read_again_once(tmp_path: Path) -> None:
    outside = ErasureList(tmp_path / "kept")
    assert await outside.all() == []

    for name in ("er_1", "er_2", "er_1"):
        await outside.add(an_erasure(name))

    assert await ErasureList(tmp_path / "kept").all() == [an_erasure("er_1"), an_erasure("er_2")]


async def test_a_line_that_was_cut_off_costs_no_other(tmp_path: Path) -> None:
    outside = ErasureList(tmp_path)
    await outside.add(an_erasure("er_1"))
    file = tmp_path / "erasures.ndjson"
    file.write_bytes(file.read_bytes() + b'{"erasure_id": "er_')

    assert await outside.all() == [an_erasure("er_1")]
    await outside.add(an_erasure("er_2"))
    assert await outside.all() == [an_erasure("er_1"), an_erasure("er_2")]
