"""The blocking half of the client: the async one with its awaits taken out."""

import re

_WORDS = {
    r"makewhole_client\.aio": "makewhole_client.blocking",
    r"async def ": "def ",
    r"async for ": "for ",
    r"await ": "",
    r"\bAsyncIterator\b": "Iterator",
    r"httpx\.AsyncClient": "httpx.Client",
    r"\bAsync(?=[A-Z])": "",
    r"__a(?=enter__|exit__)": "__",
    r"\.aclose\(": ".close(",
    r"\.aread\(": ".read(",
    r"\.aiter_bytes\(": ".iter_bytes(",
    r"asyncio\.sleep": "time.sleep",
    r"import asyncio": "import time",
    r", for asyncio": "",
    r"`async with`": "`with`",
    r"for item in page\.items:\n\s+yield item": "yield from page.items",
}


def blocking(text: str) -> str:
    """Return what a module of the async half says, without asyncio."""
    for word, instead in _WORDS.items():
        text = re.sub(word, instead, text)
    return text
