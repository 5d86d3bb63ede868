"""Asking programs of the tests over HTTP."""

import httpx

from gateways import trusted
from tests.shop import IN_TIME_S


def asking(address: str = "", **more: str) -> httpx.AsyncClient:
    """A client of one, with these headers; each would read all certificates anew, of which nobody here has any."""
    return httpx.AsyncClient(
        base_url=address, headers=more, trust_env=False, timeout=IN_TIME_S, verify=trusted.by_httpx()
    )
