"""How requests of this process went: counted here alone, and added up by whoever watches several."""

import time

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BOUNDS_S = (0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_ELSEWHERE = "other"
"""What no route of the API has answered here: pages, what is refused before, and what is answered in the lane."""

_ROUTES = "makewhole.routes"


class RequestTimes:
    """A process's own metrics: of its requests, by the route and never by the path, and of the process itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._answers = Counter(
            "makewhole_http_requests", "Requests answered, by route.", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._times = Histogram(
            "makewhole_http_request_seconds", "How long requests waited for the head of their answer, by route.",
            ("method", "route"), registry=self.registry, buckets=_BOUNDS_S,
        )  # fmt: skip

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        self._answers.labels(method, route, str(status)).inc()
        self._times.labels(method, route).observe(seconds)


class Timed:
    """Stands around everything else; an answer that goes on for as long as somebody listens counts when it begins."""

    def __init__(self, app: ASGIApp, times: RequestTimes) -> None:
        self._app = app
        self._times = times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, routes = time.perf_counter(), list[str]()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - began_s
                route = routes[0] if routes else _ELSEWHERE
                self._times.note(_method(scope), route, message["status"], seconds)
            await send(message)

        await self._app({**scope, _ROUTES: routes}, receive, noting)


class Routed:
    """Stands around the routes alone, and tells `Timed` which of them answers: what is between may hand on a copy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and (path := getattr(scope.get("route"), "path", None)):
                scope[_ROUTES][:] = [path]
            await send(message)

        await self._app(scope, receive, telling if _ROUTES in scope else send)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _method(scope: Scope) -> str:
    """Whoever makes up methods makes no series."""
    method: str = scope["method"]
    return method if method in _METHODS else _ELSEWHERE
