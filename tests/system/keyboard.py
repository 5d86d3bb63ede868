"""Going through a page with Tab alone, there and back: everything is reached in its order, seen, and left again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

_SCRIPT = Path(__file__).with_name("keyboard.js").read_text(encoding="utf-8")
_PIECES_OF_A_FIELD = 4
"""A field for a date has so many stops of its own."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Stop:
    """Where Tab came to. place: among what can be reached, in the order of the document; -1 for what scrolls alone.

    is_marked: whether it shows that it has the focus. is_seen: whether nothing lies over it, and it is on the screen.
    """

    place: int
    name: str
    is_marked: bool
    is_seen: bool


async def walked(page: Page, name: str) -> None:
    """Walk from before the page's first stop to behind its last, and back; again where the page renewed itself."""
    for _ in range(_TRIES):
        begun = await page.evaluate(_SCRIPT)
        there = await _go(page, "Tab", begun["stops"])
        back = await _go(page, "Shift+Tab", begun["stops"])
        if not await page.evaluate("window.keyboardWalk.end()"):
            break
    else:
        raise AssertionError(f"{name} renewed itself whenever it was walked through")
    wanted = list(range(len(begun["stops"])))
    for which, stops, order in (("there", there, wanted), ("back", back, wanted[::-1])):
        came = [each.place for each in stops if each.place >= 0]
        missed = [begun["stops"][place] for place in order if place not in came]
        assert came == order, f"{name}, {which}: not reached {missed}, order {came}"
        unmarked = [each.name for each in stops if not each.is_marked]
        assert not unmarked, f"{name}, {which}: not marked when they have the focus: {unmarked}"
        unseen = [each.name for each in stops if not each.is_seen]
        assert not unseen, f"{name}, {which}: hidden when they have the focus: {unseen}"


async def _go(page: Page, key: str, wanted: list[str]) -> list[Stop]:
    """Press a key until the other end is reached; who is never there is in a trap."""
    for _ in range(len(wanted) + 1):
        await page.keyboard.press(key)
    for _ in range(_PIECES_OF_A_FIELD * len(wanted)):
        if await page.evaluate("window.keyboardWalk.isAtEnd()"):
            break
        await page.keyboard.press(key)
    found: list[dict[str, Any]] = await page.evaluate("window.keyboardWalk.turn()")
    return [Stop(each["place"], each["name"], each["isMarked"], each["isSeen"]) for each in found]


async def skipped(page: Page, name: str) -> None:
    """Go past what is on top of each page by its first link."""
    await page.evaluate(_SCRIPT)
    await page.keyboard.press("Tab")
    first = await page.evaluate("window.keyboardWalk.here()")
    assert await page.locator("a.skip:focus").count() == 1, f"{name}: the first stop is {first['name']}"
    assert first["isSeen"] and first["isMarked"], name
    await page.keyboard.press("Enter")
    await expect(page.locator("main:focus"), name).to_have_count(1)
    await page.keyboard.press("Tab")
    assert await page.locator("header :focus").count() == 0, f"{name}: back at the top"
    await page.evaluate("window.keyboardWalk.end()")
