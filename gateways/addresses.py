"""Where merchants may have makewhole post to: public addresses over https, and what the deployment allows besides."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpcore

from gateways.lookups import Lookups

_PORTS = {"https": 443, "http": 80}
_MOST_CHARACTERS = 2_000


class NotAllowed(Exception):
    """Nothing is sent there; the message says why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a host and a port; no port stands for every one of that host."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, text: str) -> "Origin":
        """Read `http://127.0.0.1` or `http://127.0.0.1:8080`; raises ValueError."""
        parts = urlsplit(text)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{text!r} is not where webhooks may go: write http://host or https://host:port")
        return cls(parts.scheme, parts.hostname, parts.port)


class Addresses:
    """Judges addresses; `allowed` are origins that need be neither https nor public."""

    def __init__(self, allowed: Iterable[str], lookups: Lookups | None = None) -> None:
        """Raises ValueError for what is no origin."""
        self._allowed = frozenset(map(Origin.of, allowed))
        self._lookups = lookups or Lookups()

    def check(self, url: str) -> None:
        """Raise NotAllowed for what is never posted to; what a name stands for is looked at when it is posted."""
        parts = _parts(url)
        if self._is_allowed(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]):
            return
        if parts.scheme != "https":
            raise NotAllowed("webhooks are posted over https")
        if _is_local_name(parts.hostname or ""):
            raise NotAllowed("webhooks are posted to public addresses")
        address = _literal(parts.hostname or "")
        if address is not None and not is_public(address):
            raise NotAllowed("webhooks are posted to public addresses")

    async def resolve(self, host: str, port: int) -> list[str]:
        """Look a host up and return its addresses; raises NotAllowed if one of them is not public."""
        try:
            addresses = await self._lookups.addresses_of(host, port)
        except (OSError, UnicodeError) as unknown:
            raise httpcore.ConnectError(f"no address of {host!r}: {unknown}") from unknown
        may_be_any = any(self._is_allowed(scheme, host, port) for scheme in _PORTS)
        if not may_be_any and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
            raise NotAllowed(f"{host!r} is not at a public address")
        return addresses

    def _is_allowed(self, scheme: str, host: str, port: int) -> bool:
        return not self._allowed.isdisjoint({Origin(scheme, host, port), Origin(scheme, host, None)})


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as wrong:
        raise NotAllowed(f"it can't be read: {wrong}") from wrong
    if len(url) > _MOST_CHARACTERS or not url.isascii() or any(letter <= " " or letter == "\x7f" for letter in url):
        raise NotAllowed(f"an address has at most {_MOST_CHARACTERS} visible characters, all of them ASCII")
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotAllowed("write an address like https://shop.example/webhooks")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAllowed("an address has no user, password or fragment here")
    return parts


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read a host that is an address, also in the short ways of writing one that resolvers know: 127.1, 0x7f000001."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host))
    except OSError:
        return None


_OF_THE_INTERNET = ipaddress.ip_network("2000::/3")
"""All that IPv6 has given out; what lies outside is local, or stands for an address of IPv4 in ways of before."""

_THROUGH_OTHERS = [ipaddress.ip_network(each) for each in ("2002::/16", "2001::/32")]
"""Addresses of IPv6 that stand for one of IPv4, which may be private."""

_NOT_OF_THE_INTERNET = [ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24")]
"""Kept for protocols (RFC 6890): a cloud answers its machines there, with their credentials."""


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of the Internet's, and of nothing that is near us."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _OF_THE_INTERNET or any(address in network for network in _THROUGH_OTHERS):
            return False
    elif any(address in network for network in _NOT_OF_THE_INTERNET):
        return False
    return address.is_global and not address.is_multicast


class Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was looked at: a name that is another's a moment later is no way in."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, as httpcore has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        trouble: Exception = httpcore.ConnectError(f"no address of {host!r}")
        for address in (await self._addresses.resolve(host, port))[:4]:
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as unreachable:
                trouble = unreachable
        raise trouble

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
