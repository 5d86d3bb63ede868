"""Customer, reviewer and warehouse as they sit before their pages in Chromium: they see and press, and nothing else."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, Response, ViewportSize

from proof.by_pages.orders import OrderBack
from tools.chromium import browser

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 860}
REASON = "quality_issue"

_IN_TIME_MS = 180_000
_LOOKS_AGAIN_AFTER_S = 0.5
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Chromium:
    """origin: where the pages are. complaints: what scripts failed at, what was forbidden, and answers 5xx."""

    browser: Browser
    origin: str
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def screen(self, language: str, size: ViewportSize) -> AsyncIterator[Page]:
        """Somebody's own browser: what one is signed in to, no other knows."""
        context = await self.browser.new_context(base_url=self.origin, viewport=size, locale=language)
        context.set_default_timeout(_IN_TIME_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if "Security Policy" in said.text else None)
        page.on("response", lambda answer: self._look_at(answer))
        yield page
        await context.close()

    def _look_at(self, answer: Response) -> None:
        if answer.status >= _SERVER_ERROR:
            self.complaints.append(f"{answer.status} {answer.url}")


@asynccontextmanager
async def chromium(origin: str) -> AsyncIterator[Chromium]:
    """Start Chromium for pages that are there; raises NoChromium."""
    async with browser() as opened:
        yield Chromium(opened, origin)


@dataclass(frozen=True, slots=True)
class AtTheEnd:
    """What a customer reads when all is done, in pence: the total, and what was paid."""

    total: int
    paid: int


@dataclass(frozen=True, slots=True)
class CustomerAtPages:
    """A customer with a phone, handed over by their shop."""

    page: Page

    async def enter(self, link: str, order_id: str) -> None:
        """Follow a link of the shop, which goes on by itself."""
        await self.page.goto(link)
        await self.page.wait_for_url(f"**/pages/orders/{order_id}?*")

    async def ask(self, order: OrderBack) -> tuple[str, int]:
        """Ask for a refund in three clicks; returns its id, and how many pence were shown before the last."""
        for row, count in order.units.items():
            await self.page.fill(f"[name='units:{row}']", str(count))
        await self.page.click("main form[action$='/why'] button")
        await self.page.check(f"input[value={REASON}]")
        await self.page.click("#asking button")
        quoted = await pence(self.page, "main .total")
        await self.page.click("main form[action*='/refunds'] button")
        await self.page.wait_for_url("**/pages/refunds/*")
        return refund_on(self.page), quoted

    async def read_rma(self) -> str:
        """Wait, without touching anything, until the page says how to send it back; returns the return number."""
        return (await self.page.locator("section[aria-labelledby=return] dd").first.inner_text()).strip()

    async def read_the_end(self) -> AtTheEnd:
        """Wait likewise until all of it is done."""
        await self.page.locator(".stages li.done:last-child").wait_for()
        money = "section[aria-labelledby=money]"
        payouts = await self.page.locator(f"{money} ul:first-of-type > li > .amount").all_inner_texts()
        return AtTheEnd(await pence(self.page, f"{money} .total"), sum(_pence(each) for each in payouts))


@dataclass(frozen=True, slots=True)
class ReviewerAtPages:
    """A reviewer at the desk. saw: what each refund came to, in pence."""

    page: Page
    saw: dict[str, int] = field(default_factory=dict)

    async def approve_all(self) -> None:
        """Take whatever is due next, and approve it; look again where nothing is there, until somebody ends it."""
        begin = self.page.locator("form[action='/pages/desk/begin'] button")
        while True:
            await self.page.goto("/pages/desk")
            if await begin.is_enabled():
                await _press(self.page, "form[action='/pages/desk/begin'] button")
                while "/desk/refunds/" in self.page.url:
                    self.saw[refund_on(self.page)] = await pence(self.page, ".head .total")
                    await _press(self.page, "button[value=approve]")
            await asyncio.sleep(_LOOKS_AGAIN_AFTER_S)


@dataclass(frozen=True, slots=True)
class WarehouseAtPages:
    """A worker of the warehouse with a scanner, which types a number and presses Enter; one parcel after the other."""

    page: Page
    _hands: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take_in(self, rma: str) -> None:
        """Receive all of a parcel, and find all of it as new."""
        async with self._hands:
            await self.page.goto("/pages/warehouse")
            await self.page.locator("#rma:focus").wait_for()
            await self.page.keyboard.type(rma)
            await self.page.keyboard.press("Enter")
            await self.page.wait_for_url("**/pages/warehouse/refunds/*")
            await self.page.locator("form[action$='/receipt'] button").first.click()
            await self.page.wait_for_url("**?done=received")
            await self.page.locator("form[action$='/inspection'] button").first.click()
            await self.page.wait_for_url("**/pages/warehouse?done=inspected")


async def sign_in(page: Page, room: str, key: str) -> None:
    """Paste a key at the door of staff."""
    await page.goto(f"/pages/{room}")
    await page.fill("#key", key)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/pages/{room}")


async def _press(page: Page, button: str) -> None:
    async with page.expect_navigation():
        await page.click(button)


def refund_on(page: Page) -> str:
    """Name the refund whose page this is."""
    (refund_id,) = re.findall("rf_[0-9a-f]+", page.url)
    return str(refund_id)


async def pence(page: Page, where: str) -> int:
    """Read an amount of pounds off a page, however its language writes it."""
    return _pence(await page.locator(where).inner_text())


def _pence(pounds: str) -> int:
    return int(re.sub(r"\D", "", pounds))
