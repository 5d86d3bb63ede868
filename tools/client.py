"""The API of makewhole as a patient merchant's back end calls it: again and again under one key, until it is answered.

    async with open_http(stack.api_url) as http:
        merchant = Api(http, tools.stack.keys.merchant)
        refund = await merchant.post("/v1/refunds", {"order_id": "o1", "reason": "quality_issue"})
        refund = await merchant.wait_for(refund["refund_id"], {"completed"}, within_s=30)

No answer, a broken connection and 429, 502, 503 and 504 are no answer yet: the same request is sent again under the
same Idempotency-Key. So a killed API, worker or database costs time and nothing else.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

NO_ANSWER_YET = frozenset({429, 502, 503, 504})
FINAL = frozenset({"completed", "rejected", "cancelled", "expired"})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_FIRST_LOOK_S, _LONGEST_BETWEEN_LOOKS_S = 0.15, 2.0


class Refused(Exception):
    """The API said no: a 4xx with its stable `code` and the sentence that explains it."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Broken(Exception):
    """The API answered what it never should: a 5xx that is no temporary one, or something that is not JSON."""


class NotInTime(Exception):
    """Nobody answered, or a refund did not get there, within the time given."""


def open_http(api_url: str, *, at_once: int = 16, answer_within_s: float = 30.0) -> httpx.AsyncClient:
    """Make the connections to one API, at most `at_once` of them; past any proxy that the environment may name."""
    timeout = httpx.Timeout(answer_within_s, connect=5.0, pool=None)
    return httpx.AsyncClient(base_url=api_url, transport=_Queue(at_once), timeout=timeout, trust_env=False)


class _Queue(httpx.AsyncHTTPTransport):
    """Requests wait here for a connection: the pool's own queue is walked through whole for each that comes or goes."""

    def __init__(self, at_once: int) -> None:
        limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        super().__init__(limits=limits, trust_env=False)
        self._gate = asyncio.Semaphore(at_once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._gate:
            return await super().handle_async_request(request)


class Api:
    """The API with the key of one role; `patience_s` bounds each call with all of its repetitions."""

    def __init__(self, http: httpx.AsyncClient, key: str, *, patience_s: float = 180.0) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}"}
        self._patience_s = patience_s

    async def get(self, path: str, **query: str | int) -> Json:
        return await self._insist("GET", path, self._headers, query=query or None)

    async def put(self, path: str, body: Json) -> Json:
        return await self._insist("PUT", path, self._headers, body)

    async def post(self, path: str, body: Json, *, key: str | None = None) -> Json:
        """Post under `key`, or under a new one, so that it is done once however often it is sent."""
        headers = {**self._headers, "Idempotency-Key": key or secrets.token_hex(16)}
        return await self._insist("POST", path, headers, body)

    async def wait_for(self, refund_id: str, statuses: Collection[str], *, within_s: float) -> Json:
        """Return the refund once its status is one of `statuses`; raises NotInTime as `wait_until` does."""
        return await self.wait_until(refund_id, lambda refund: refund["status"] in statuses, within_s=within_s)

    async def wait_until(
        self, refund_id: str, is_so: Callable[[Json], bool], *, within_s: float, first_look_s: float = _FIRST_LOOK_S
    ) -> Json:
        """Return the refund once the question is answered with yes; who waits for many looks less often.

        Raises NotInTime when the time is up, and at once when the refund is over and can't change any more.
        """
        deadline, pause = time.monotonic() + within_s, first_look_s
        while True:
            await asyncio.sleep(pause)
            refund = await self.get(f"/v1/refunds/{refund_id}")
            if is_so(refund):
                return refund
            if refund["status"] in FINAL or time.monotonic() > deadline:
                raise NotInTime(_instead(refund, within_s))
            pause = min(pause * 1.5, _LONGEST_BETWEEN_LOOKS_S)

    async def _insist(
        self, method: str, path: str, headers: dict[str, str], body: Json | None = None, query: Json | None = None
    ) -> Json:
        request = self._http.build_request(method, path, headers=headers, json=body, params=query)
        trouble = ["no connection"]
        try:
            async with asyncio.timeout(self._patience_s):
                return _read(await self._answer(request, trouble))
        except TimeoutError:
            waited = f"{method} {path} had no answer in {self._patience_s:.0f} s"
            raise NotInTime(f"{waited}: {trouble[-1]}") from None

    async def _answer(self, request: httpx.Request, trouble: list[str]) -> httpx.Response:
        """Send the same request until it is answered; what went wrong is written into `trouble`."""
        pause = _FIRST_PAUSE_S
        while True:
            wait_s = pause
            try:
                response = await self._http.send(request)
                if response.status_code not in NO_ANSWER_YET:
                    return response
                trouble.append(f"{response.status_code} {response.text[:200]}")
                wait_s = _retry_after_s(response, pause)
            except httpx.TransportError as error:
                trouble.append(repr(error))
            await asyncio.sleep(wait_s)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one merchant, each with a key of their role."""

    merchant: Api
    reviewer: Api
    warehouse: Api
    ops: Api


def _read(response: httpx.Response) -> Json:
    """Return the body of a yes; raises Refused for a no, Broken for anything else."""
    asked = f"{response.request.method} {response.request.url.path}"
    try:
        answer = response.json()
    except ValueError:
        raise Broken(f"{asked} answered {response.status_code}, not in JSON: {response.text[:200]}") from None
    if response.is_success and isinstance(answer, dict):
        return answer
    if response.is_client_error and isinstance(answer, dict) and "code" in answer:
        raise Refused(response.status_code, str(answer["code"]), str(answer.get("detail", "")))
    raise Broken(f"{asked} answered {response.status_code}: {response.text[:200]}")


def _retry_after_s(response: httpx.Response, otherwise: float) -> float:
    """Read Retry-After where it is a number of seconds."""
    said = response.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() else otherwise


def _instead(refund: Json, within_s: float) -> str:
    why = refund["needs_attention"] or refund["review"] or "not decided yet"
    return f"refund {refund['refund_id']} is {refund['status']}, after at most {within_s:.0f} s: {why}"
