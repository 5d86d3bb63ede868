"""Looking at a page: nothing is cut off or moves, and axe finds nothing, by day and by night."""

import os
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}

EACH_LANGUAGE_AND_SIZE = pytest.mark.parametrize(
    ("language", "size"), [("en", DESK), ("zh-CN", PHONE)], ids=["en-desk", "zh-phone"]
)
"""Each once: what a page says and how wide it is have to do with each other only where a line is cut off."""

_VIOLATIONS = {"resultTypes": ["violations"]}
_SCHEMES: tuple[tuple[Literal["light", "dark"], Axe, dict[str, list[str]]], ...] = (
    ("light", Axe(), _VIOLATIONS),
    ("dark", Axe(axe_script="true"), {**_VIOLATIONS, "runOnly": ["color-contrast"]}),  # it is in the page by then
)


async def looked_at(page: Page, name: str) -> None:
    """Axe is asked for everything by day, and by night for what else can be otherwise then: contrast.

    With `MAKEWHOLE_PICTURES` naming a folder, the page leaves a picture there.
    """
    await page.wait_for_load_state()
    assert page.viewport_size is not None
    assert await page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    for scheme, axe, options in _SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await page.evaluate("document.getAnimations().length") == 0, f"{name} moves, though less was asked for"
        found = await axe.run(page, options=options)
        assert found.violations_count == 0, f"{name}, {scheme}: {found.generate_report()}"
        if folder := os.environ.get("MAKEWHOLE_PICTURES"):
            await page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
