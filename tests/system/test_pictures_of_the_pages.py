"""`make pictures` takes each main page, small enough for a README."""

import os
from pathlib import Path

from PIL import Image

from tools.pictures.main import LANGUAGES, MOST_BYTES, take_all
from tools.pictures.shots import SHOTS
from tools.stack.stack import Stack

LANGUAGE = "zh-CN"
"""One is enough to see that all are taken: `make pictures` does the same for each."""


async def test_each_main_page_is_taken(stack: Stack, tmp_path: Path) -> None:
    """With `MAKEWHOLE_PICTURES` naming a folder, they are left there."""
    folder = Path(os.environ.get("MAKEWHOLE_PICTURES", tmp_path))

    await take_all(stack, folder, [LANGUAGE])

    taken = taken_in(folder)
    assert {f"{shot.name}-{LANGUAGE}" for shot in SHOTS} <= taken.keys()
    assert sum(each.stat().st_size for each in taken.values()) < MOST_BYTES / len(LANGUAGES)
    for picture in taken.values():
        with Image.open(picture) as opened:
            shades = opened.convert("L").getextrema()
        assert shades[0] != shades[1], f"{picture.name} shows nothing"


def taken_in(folder: Path) -> dict[str, Path]:
    return {each.stem: each for each in folder.glob("*.webp")}
