"""Where a worker tells the metrics of Temporal's SDK: each process at an address of its own, which has no key."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self
from urllib.parse import urlsplit

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

_SETTING = "MAKEWHOLE_METRICS_ADDRESS"
_OURS = "api"
"""The network of MAKEWHOLE_PLAINTEXT in which our own programs answer in clear."""


@dataclass(frozen=True, slots=True)
class MetricsAddress:
    host: IPv4Address | IPv6Address
    port: int

    @classmethod
    def read(cls, written: str) -> Self:
        """Read `host:port`; raises ValueError for what is none, or a port that nobody would find."""
        try:
            parts = urlsplit(f"//{written}")
            host, port = ip_address(parts.hostname or ""), parts.port or 0
        except ValueError:
            port = 0
        if not port or parts.netloc != written:
            raise ValueError(f"{_SETTING} is {written!r}: write an address in figures and a port, as 127.0.0.1:9464")
        return cls(host, port)

    def further(self, places: int) -> Self:
        """The address of the worker that stands so many places after this one on the same machine."""
        return type(self).read(str(type(self)(self.host, self.port + places)))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.host.version == 6 else f"{self.host}:{self.port}"


def telling(written: str, plaintext: Collection[str]) -> Runtime | None:
    """Listen at an address and tell them there; None where none is named.

    plaintext: the networks on which one may speak in clear. Raises ValueError where other machines would be told in
    clear and nobody has said that they may, or where nobody can listen.
    """
    if not written:
        return None
    address = MetricsAddress.read(written)
    if not (address.host.is_loopback or _OURS in plaintext):
        raise ValueError(
            f"the worker tells its metrics at {address} without TLS: set MAKEWHOLE_PLAINTEXT={_OURS} where that "
            f"network is yours alone, or {_SETTING} to an address of this machine, 127.0.0.1:{address.port}"
        )
    metrics = PrometheusConfig(bind_address=str(address), durations_as_seconds=True)
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except ValueError as taken:
        raise ValueError(
            f"nobody can listen at {address} ({taken}): each worker of a machine tells its metrics at a port of its "
            f"own, so give this one another in {_SETTING}, or set that to nothing"
        ) from taken
