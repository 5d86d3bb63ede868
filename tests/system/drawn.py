"""Pages drawn in a browser without a stack: they show the examples of the document (`tests/web/answers.py`)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, Route

from db.api_keys import Role
from tests.shop import IN_TIME_S
from tests.web.answers import COOKIES, ORIGIN, pages_of
from tools.client import Json

_GOES_ON = "goes-on.js"
_SENT = {"Cookie": "; ".join(f"{name}={value}" for name, value in COOKIES.items())}


@asynccontextmanager
async def drawn(
    chromium: Browser, role: Role, said: Mapping[str, Json], refuses: Json | None = None
) -> AsyncIterator[Page]:
    """Open a browser whose every request is answered here; what its console complains of is a fault.

    No events come: a page is as it is when it was opened, and where nothing has happened since. refuses: the problem
    with which everything that forms ask for is refused.
    """
    pages = pages_of(role, said, refuses)

    async def answer(route: Route) -> None:
        url = route.request.url
        if not url.startswith(f"{ORIGIN}/pages") or url.endswith(_GOES_ON):
            await route.fulfill(status=204)  # events, and what would leave the page: it stays as it is
            return
        sent, of_form = route.request, {}
        if sent.method == "POST":
            of_form = {"Content-Type": sent.headers["content-type"], "Origin": ORIGIN}
        got = await pages.request(
            sent.method, url, headers={**_SENT, **of_form}, content=sent.post_data_buffer, follow_redirects=True
        )
        await route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.content)

    context = await chromium.new_context(base_url=ORIGIN)
    context.set_default_timeout(IN_TIME_S * 1000)
    page, complaints = await context.new_page(), []
    page.on("console", lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.route("**/*", answer)
    yield page
    await context.close()
    await pages.aclose()
    assert complaints == []
