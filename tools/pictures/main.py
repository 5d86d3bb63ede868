"""`make pictures`: the main pages in both languages, of a real stack with real refunds, as small pictures.

python -m tools pictures [--to docs/pictures]
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from settings import StackSettings
from tools.chromium import NoChromium, browser
from tools.client import NotInTime
from tools.demo.cases.shop import open_shop
from tools.fresh_home import fresh_home
from tools.pictures.camera import Camera
from tools.pictures.scenes import Scenes
from tools.pictures.shots import SHOTS
from tools.stack import StackError
from tools.stack.stack import Stack

LANGUAGES = ("en", "zh-CN")
MOST_BYTES = 1_500_000
"""Of all of them together: a README is read on phones too."""


def main(arguments: list[str]) -> int:
    """Write the pictures; return 0 only if all of them are there and small enough."""
    parser = argparse.ArgumentParser(prog="python -m tools pictures", description="pictures of the main pages")
    parser.add_argument("--to", type=Path, default=Path("docs/pictures"), help="the folder to write them to")
    folder: Path = parser.parse_args(arguments).to
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (
            fresh_home(StackSettings.from_environment()) as settings,
            Stack(settings, announce=lambda _: None) as stack,
        ):
            asyncio.run(take_all(stack, folder))
    except (NoChromium, StackError, NotInTime, ValueError) as error:
        print(f"no pictures: {error}", file=sys.stderr)
        return 1
    return _told(folder)


async def take_all(stack: Stack, folder: Path, languages: Sequence[str] = LANGUAGES) -> None:
    """Take all of them, in a shop for each language; raises NoChromium."""
    async with browser() as opened:
        for language in languages:
            async with open_shop(stack.description, locale=language) as shop:
                scenes = await Scenes.played(shop)
                origin = stack.description.pages["customer"].removesuffix("/pages/")
                for shot in SHOTS:
                    await Camera(opened, origin, language).take(shot, scenes, folder)


def _told(folder: Path) -> int:
    written = sorted(folder.glob("*.webp"))
    size = sum(each.stat().st_size for each in written)
    print(f"{len(written)} pictures in {folder}, {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        print(f"that is more than {MOST_BYTES / 1000:.0f} kB", file=sys.stderr)
        return 1
    return 0
