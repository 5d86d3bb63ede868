"""Looking at a page: nothing is cut off, and axe finds nothing, by day and by night."""

import os
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 740}


async def looked_at(page: Page, name: str) -> None:
    """With `MAKEWHOLE_PICTURES` naming a folder, the page leaves a picture there."""
    assert page.viewport_size is not None
    assert await page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}: {found.generate_report()}"
        if folder := os.environ.get("MAKEWHOLE_PICTURES"):
            await page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
