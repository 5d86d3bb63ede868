"""Who used the cores meanwhile, as Linux counts it: what a figure of time is judged by on a machine that others use."""

import os
import re
from collections import Counter
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

_KNOWN_BY = {
    "spawn_main": "lane",
    "resource_tracker": "",
    "proof.bench.victim": "victim",
    "proof.bench": "caller",
    "proof.bench.with_dbos": "dbos",
    "proof.bench.floor_worker": "floor",
    "gateways.sandbox": "provider",
    "worker.py": "worker",
    "tools.stack.door": "door",
    "api": "api",
    "temporal": "temporal",
    "postgres": "postgres",
}
"""A word of its command line, and what the program is to the figures."""


def used_s(ancestor: int) -> Counter[str]:
    """Return the seconds of a core that a process and all below it have used so far, by the name of the program.

    `api_waited` is how long the API's event loop had something to do and no core to do it on.
    """
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        number = int(stat.parent.name)
        parents[number] = int(fields[1])
        used[number] = sum(map(int, fields[11:15])) / _TICKS_A_SECOND  # with its children that have ended
    total: Counter[str] = Counter()
    for number, seconds in used.items():
        if _is_below(number, ancestor, parents) and (name := program(number)):
            total[name] += seconds  # type: ignore[assignment]
            if name == "api":
                total["api_waited"] += waited_for_a_core_s(number)  # type: ignore[assignment]
    return total


def program(number: int) -> str:
    """Name what a process is: `api`, `lane`, `worker`, `postgres`, `temporal`, …; empty where nobody cares."""
    try:
        line = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
    words = re.split(r"[ /:(]+", line)
    return next((name for word, name in _KNOWN_BY.items() if word in words), "other")


def busy_s() -> float:
    """Return the seconds of all cores that anybody has used so far."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return (sum(ticks) - ticks[3] - ticks[4]) / _TICKS_A_SECOND


def waited_for_a_core_s(number: int | str) -> float:
    """Return for how long a process had something to do and no core to do it on."""
    return int(Path(f"/proc/{number}/schedstat").read_text().split()[1]) / 1e9


def _is_below(number: int, ancestor: int, parents: dict[int, int]) -> bool:
    while number not in (0, 1):
        if number == ancestor:
            return True
        number = parents.get(number, 0)
    return False
