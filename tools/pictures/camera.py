"""Signs somebody in, opens a page, and keeps a small picture of what is seen of it."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

from db.api_keys import Role
from tools.pictures.scenes import Scenes
from tools.pictures.shots import PHONE, Shot

_QUALITY = 80
_SHARPER = 1.5
IN_TIME_MS = 180_000
"""Far longer than a page takes on a slow machine."""

_SUBMIT = (
    "(form, said) => { for (const [name, value] of Object.entries(said)) form[name].value = value; form.submit(); }"
)


_ALL_IS_THERE = "() => !document.querySelector('[hx-trigger=load]:empty')"
"""What a page asks for when it is there itself."""


@dataclass(frozen=True, slots=True)
class Camera:
    """origin: where the pages are."""

    browser: Browser
    origin: str
    language: str

    async def take(self, shot: Shot, scenes: Scenes, folder: Path) -> None:
        context = await self.browser.new_context(
            base_url=self.origin,
            viewport=shot.screen,
            locale=self.language,
            color_scheme="light",
            reduced_motion="reduce",
            device_scale_factor=_SHARPER if shot.screen is PHONE else 1,
        )
        context.set_default_timeout(IN_TIME_MS)
        page = await context.new_page()
        await _sign_in(page, shot, scenes)
        await page.goto(shot.path(scenes) + scenes.query(shot.role))
        await page.wait_for_function(_ALL_IS_THERE)
        picture = Image.open(io.BytesIO(await page.screenshot()))
        picture.convert("RGB").save(folder / f"{shot.name}-{self.language}.webp", quality=_QUALITY, method=6)
        await context.close()


async def _sign_in(page: Page, shot: Shot, scenes: Scenes) -> None:
    """Send the form of the door as it stands, whatever of it is folded up."""
    said = {"key": scenes.keys[shot.role]}
    if shot.role is Role.CUSTOMER:
        await page.goto(f"/pages/{scenes.query(shot.role)}")
        door, said = page.locator("form[action^='/pages/keys']"), {**said, "order": scenes.order_to_return}
    else:
        await page.goto(f"/pages/{shot.room}")
        door = page.locator("form[action='/pages/staff/keys']")
    async with page.expect_navigation():
        await door.evaluate(_SUBMIT, said)
