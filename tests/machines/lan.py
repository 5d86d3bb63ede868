"""Machines on one network: namespaces of this one, each with an address of its own, joined by a bridge.

Needs root, iproute2 and nftables. This kernel can lose packets (nftables) and let only so many through a second (tc).
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

NET = "10.199.77"
BRIDGE = "mw-lan"
NEEDED = {"ip": "iproute2", "nft": "nftables", "tc": "iproute2", "setpriv": "util-linux"}


@dataclass(frozen=True, slots=True)
class Host:
    """One machine; `inside` is what stands before a command that runs there."""

    name: str
    address: str

    @property
    def namespace(self) -> str:
        return f"mw-{self.name}"

    @property
    def inside(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.namespace)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Nobody hears it and it hears nobody: packets vanish, nothing is refused."""
        _run("ip", "link", "set", self.namespace, "down")
        try:
            yield
        finally:
            _run("ip", "link", "set", self.namespace, "up")

    @contextmanager
    def losing(self, percent: int) -> Iterator[None]:
        """Of what reaches it and what it sends, so many packets of a hundred are lost."""
        drop = f"numgen random mod 100 < {percent} drop"
        rules = "\n".join(
            (
                "table inet mw {",
                f"chain in {{\ntype filter hook input priority 0;\n{drop}\n}}",
                f"chain out {{\ntype filter hook output priority 0;\n{drop}\n}}",
                "}\n",
            )
        )
        _run(*self.inside, "nft", "-f", "-", said=rules)
        try:
            yield
        finally:
            _run(*self.inside, "nft", "delete", "table", "inet", "mw")

    @contextmanager
    def slow(self, kilobits: int) -> Iterator[None]:
        """It sends so much a second; the rest waits, up to a second, and what waits longer is lost."""
        shaped = ("dev", "eth0", "root")
        limit = ("tbf", "rate", f"{kilobits}kbit", "burst", "4kb", "latency", "1s")
        _run(*self.inside, "tc", "qdisc", "add", *shaped, *limit)
        try:
            yield
        finally:
            _run(*self.inside, "tc", "qdisc", "del", *shaped)


@contextmanager
def lan(names: Sequence[str]) -> Iterator[list[Host]]:
    """Machines of these names, each reached from here and by each other."""
    lacking = {package for command, package in NEEDED.items() if shutil.which(command) is None}
    assert not lacking, (
        f"machines are namespaces of this one, made by root: apt-get install {' '.join(sorted(lacking))}"
    )
    hosts = [Host(name, f"{NET}.{number}") for number, name in enumerate(names, start=2)]
    _forget(hosts)
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        _run("ip", "addr", "add", f"{NET}.1/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        for host in hosts:
            _join(host)
        yield hosts
    finally:
        _forget(hosts)


def _join(host: Host) -> None:
    _run("ip", "netns", "add", host.namespace)
    _run("ip", "link", "add", host.namespace, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _run("ip", "link", "set", host.namespace, "master", BRIDGE, "up")
    _run("ip", "-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("eth0", "lo"):
        _run("ip", "-n", host.namespace, "link", "set", device, "up")


def _forget(hosts: Sequence[Host]) -> None:
    """Also what a run that was killed has left."""
    for host in hosts:
        told = subprocess.run(["ip", "netns", "pids", host.namespace], capture_output=True, text=True, check=False)
        for pid in told.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", host.namespace], capture_output=True, check=False)
    subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True, check=False)


def _run(*command: str, said: str | None = None) -> None:
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
