"""A merchant who asks for one small order again and again, from a process that does nothing else.

    python -m proof.bench.victim http://127.0.0.1:8000 /v1/orders/o1    (its key: the first line of stdin)

It asks until its standard input ends, and prints one JSON object. Sockets and the clock are all it uses, so that its
times are the service's: what the machine kept it waiting itself is measured and told as well.
"""

import json
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from proof.bench.machine import waited_for_a_core_s

_EVERY_S = 0.05
_ANSWER_WITHIN_S = 60.0
_PROBE = "/healthz"


class Victim:
    """Keeps one connection, and opens it again where it is lost."""

    def __init__(self, api_url: str, key: str) -> None:
        address = urlsplit(api_url)
        assert address.hostname is not None
        self._http = HTTPConnection(address.hostname, address.port, timeout=_ANSWER_WITHIN_S)
        self._headers = {"Authorization": f"Bearer {key}"}
        self.refused = 0

    def ask(self, path: str) -> float:
        """Return how long the answer took, in milliseconds."""
        began = time.perf_counter()
        try:
            self._http.request("GET", path, headers=self._headers)
            answer = self._http.getresponse()
            answer.read()
            self.refused += answer.status != 200
        except (OSError, HTTPException):
            self._http.close()
            self.refused += 1
        return (time.perf_counter() - began) * 1_000


def main(api_url: str, path: str) -> None:
    victim = Victim(api_url, sys.stdin.readline().strip())
    ended = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(ended,), daemon=True).start()
    waited = waited_for_a_core_s("self")
    times: dict[str, list[float]] = {path: [], _PROBE: []}
    while not ended.wait(_EVERY_S):
        for asked, took in times.items():
            took.append(victim.ask(asked))
    get, probe = (sorted(took) or [0.0] for took in times.values())
    figures = {
        "get_p50_ms": round(get[len(get) // 2]),
        "get_p99_ms": round(get[len(get) * 99 // 100]),
        "get_max_ms": round(get[-1]),
        "get_over_500_ms": sum(took > 500 for took in get),
        "healthz_max_ms": round(probe[-1]),
        "asked": len(get),
        "refused": victim.refused,
        "waited_for_a_core_ms": round((waited_for_a_core_s("self") - waited) * 1_000),
    }
    print(json.dumps(figures), flush=True)


def _wait_for_the_end(ended: threading.Event) -> None:
    with suppress(OSError):
        sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main(*sys.argv[1:3])
