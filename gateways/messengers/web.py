"""HTTP for those who carry SMS: each request by itself, with an end, to an address that is the provider's or near."""

from urllib.parse import urlsplit

import httpx

from gateways.ports import OutOfOrder

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def address(variable: str, told: str, usual: str) -> str:
    """Take the usual address or the one told; raises ValueError for one at which secrets would go over open wires."""
    chosen = (told or usual).rstrip("/")
    try:
        parts = urlsplit(chosen)
    except ValueError as wrong:
        raise ValueError(f"{variable} is no address: write https://…") from wrong
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{variable} is {chosen!r}: write https://…, or http:// for this machine alone")
    return chosen


def read(response: httpx.Response) -> dict[str, object]:
    """Read the JSON object of an answer; raises OutOfOrder where there is none: then nobody knows."""
    try:
        found = response.json()
    except ValueError as unread:
        raise OutOfOrder(f"answered {response.status_code} with something else than JSON") from unread
    if not isinstance(found, dict):
        raise OutOfOrder(f"answered {response.status_code} with something else than an object")
    return found


def words(found: dict[str, object], name: str) -> str:
    return str(found.get(name) or "")
