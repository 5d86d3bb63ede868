"""Whoever imports this asks for no name but this machine's: no live host is contacted, whatever an account says.

Python does at the start of each program that has this folder in its PYTHONPATH: the programs of the tests' stacks have
(`tests/conftest.py`). An account without a base address is at its provider's own, and workers ask providers by
themselves: for reports every day, and what differs.
"""

import socket
from ipaddress import ip_address
from typing import Any

_resolved = socket.getaddrinfo
_OURS = frozenset({"", "localhost", socket.gethostname()})


def only_this_machine(host: bytes | str | None, *asked: Any, **more: Any) -> list[Any]:
    """Resolve a number, or a name of this machine; raises gaierror for any other, as a machine without a net does."""
    name = (host.decode() if isinstance(host, bytes) else host or "").lower()
    if name not in _OURS and not name.endswith(".localhost") and not _is_number(name):
        raise socket.gaierror(socket.EAI_NONAME, f"tests ask for no live host: {name}")
    return list(_resolved(host, *asked, **more))


def _is_number(name: str) -> bool:
    """Whether it is an address, also one in the short ways of writing it, as 127.1."""
    try:
        return bool(ip_address(name))
    except ValueError:
        pass
    try:
        return bool(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return False


socket.getaddrinfo = only_this_machine
