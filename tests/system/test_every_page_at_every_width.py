"""Every page at every width, with what hostile people write in it, and wherever a refund stands; drawn without a stack.

How pages are used is tried with a stack (`test_pages_in_a_browser.py` and its like).
"""

import pytest
from playwright.async_api import Browser, Page

from db.api_keys import Role
from domain.lifecycle import RefundStatus
from tests.system.drawn import drawn
from tests.system.looking import looked_at
from tests.system.test_every_page_by_keyboard import THEIRS
from tests.web.answers import HOSTILE
from tools.client import Json
from web.texts import load_texts

WIDTHS = (3840, 640, 320)
"""4K, a desk of 1,280 px at 200 %, and the narrowest of WCAG, which is that desk at 400 %."""

WORD = HOSTILE.split()[-1]

A_REFUND = "rf_5d0a7c1be94f3a62d817"
IDS = {
    **dict.fromkeys(("theirs", "asked", "here", "awaited", "stuck"), A_REFUND),
    "merchant": "shop",
    "link": "merchant=shop&order=o1&link=cod_1.x",
}

ASKED_FOR_MORE = {"decision": "request_evidence", "by": "reviewer", "evidence_wanted": ["photo_of_goods", "other"]}
ANSWERED: dict[str, Json] = {"reportRefunds": {"by_status": dict.fromkeys(RefundStatus, 1_000_000)}}
STUCK = {"step": "pay_out", "reason": f"nobody knows {HOSTILE}", "actions": ["retry", "settle", "skip"], "answers": []}


@pytest.mark.parametrize("role", THEIRS)
async def test_every_page_fits_every_width_whatever_is_written_in_it(chromium: Browser, role: Role) -> None:
    hostile = []
    async with drawn(chromium, role, ANSWERED) as page:
        for place, address in enumerate(THEIRS[role]):
            await opened(page, f"/pages{address.format_map(IDS)}", place)
            await fits(page, f"{role}{address}")
            hostile += [address] if WORD in await page.content() else []
    assert hostile, "nobody hostile has written anything"


async def test_a_refund_can_be_read_wherever_it_stands(chromium: Browser) -> None:
    said: dict[str, Json] = {}
    async with drawn(chromium, Role.CUSTOMER, said) as page:
        for place, status in enumerate(RefundStatus):
            said["getRefund"] = {"status": status, "review": ASKED_FOR_MORE}
            await opened(page, f"/pages/refunds/{A_REFUND}?merchant=shop&order=o1", place)
            await fits(page, f"customer-{status}")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPS])
async def test_staff_can_read_a_refund_wherever_it_stands(chromium: Browser, role: Role) -> None:
    said: dict[str, Json] = {}
    async with drawn(chromium, role, said) as page:
        for place, status in enumerate(RefundStatus):
            stuck = STUCK if status is RefundStatus.NEEDS_ATTENTION else None
            said["getRefund"] = {"status": status, "review": ASKED_FOR_MORE, "needs_attention": stuck}
            room = "desk" if role is Role.REVIEWER else "operations"
            await opened(page, f"/pages/{room}/refunds/{A_REFUND}", place)
            await fits(page, f"{role}-{status}")


async def opened(page: Page, address: str, place: int) -> None:
    """Open a page, in one language and the next one in the next, with all open that is folded up."""
    languages = sorted(load_texts())
    answer = await page.goto(f"{address}{'&' if '?' in address else '?'}lang={languages[place % len(languages)]}")
    assert answer is not None and answer.ok, address
    for each in await page.locator("main details").all():
        await each.evaluate("(element) => { element.open = true; }")


async def fits(page: Page, name: str) -> None:
    """Nothing is cut off at any width, written from either side, and at the narrowest axe finds nothing."""
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for side in ("rtl", "ltr"):
            wide = await page.evaluate(f"document.documentElement.dir = '{side}', document.documentElement.scrollWidth")
            assert wide <= width, f"{name} at {width} px, {side}"
    await looked_at(page, name.replace("/", "-"))
