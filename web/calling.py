"""Asks the API as the visitor: in this very process, with the visitor's own key, and nothing besides.

So every right, every limit and every line of the audit trail is judged in one place, and a page can show nothing that
the visitor's key would not be told.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.types import ASGIApp

Json = dict[str, Any]

_HERE = "http://api.invalid"
"""Nothing is ever sent there: the application answers by itself."""

NOBODY = ("", 0)


class Refused(Exception):
    """The API said no: `code` is stable, `errors` say by the pointer of a field what is wrong with it."""

    def __init__(self, status: int, code: str, detail: str, errors: Mapping[str, str], after_s: int) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.after_s = after_s

    @property
    def is_about_the_key(self) -> bool:
        """Whether the visitor has to prove anew who they are."""
        return self.status == httpx.codes.UNAUTHORIZED and self.code == "unauthenticated"

    @property
    def is_about_no_field(self) -> bool:
        """Whether nothing typed into a form would change it: who asks is unknown, or what they ask about is."""
        return self.is_about_the_key or self.status == httpx.codes.NOT_FOUND


def address(pattern: str, *ids: str) -> str:
    """Put ids into a path, `address("/v1/orders/{}", "INV/1")`: whatever they hold, they stay one piece each."""
    return pattern.format(*(quote(each, safe="") for each in ids))


class Api:
    """The application that answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def as_visitor(self, request: Request, key: str) -> "AsVisitor":
        """key: "" for what is open to everybody. Limits count the visitor's address, not ours."""
        client = request.client
        transport = httpx.ASGITransport(
            self._app, raise_app_exceptions=False, client=(client.host, client.port) if client else NOBODY
        )
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return AsVisitor(transport, headers)


@dataclass(frozen=True, slots=True)
class AsVisitor:
    transport: httpx.ASGITransport
    headers: Mapping[str, str]

    async def get(self, path: str, **query: str | int) -> Json:
        """Read something; raises Refused."""
        return _read(await self.raw("GET", path, params=query or None))

    async def post(self, path: str, body: Json, *, idempotency_key: str = "") -> Json:
        """Change something; raises Refused."""
        named = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return _read(await self.raw("POST", path, json=body, headers=named))

    async def post_for_lines(self, path: str, body: Json) -> list[Json]:
        """Ask for an answer of JSON lines; raises Refused."""
        answer = await self.raw("POST", path, json=body)
        if not answer.is_success:
            _read(answer)
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    async def send(self, path: str, content: bytes) -> Json:
        """Send a file as it is; raises Refused."""
        return _read(await self.raw("POST", path, content=content))

    async def put(self, path: str, body: Json) -> Json:
        """Set something; raises Refused."""
        return _read(await self.raw("PUT", path, json=body))

    async def delete(self, path: str) -> Json:
        """Take something away; raises Refused."""
        return _read(await self.raw("DELETE", path))

    async def raw(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Return the answer as it is, whatever it says."""
        sent["headers"] = {**self.headers, **(sent.get("headers") or {})}
        async with httpx.AsyncClient(transport=self.transport, base_url=_HERE) as http:
            # In a task of its own: what the API notes of its caller in the context ends with the call.
            return await asyncio.create_task(http.request(method, path, **sent))


def _read(answer: httpx.Response) -> Json:
    if answer.is_success:
        return answer.json() if answer.content else {}
    raise refused_of(answer)


def refused_of(answer: httpx.Response) -> Refused:
    """Read why the API said no."""
    said: Json = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return Refused(
        answer.status_code,
        said.get("code", "request_failed"),
        said.get("detail", ""),
        {each["pointer"]: each["detail"] for each in said.get("errors", [])},
        int(answer.headers.get("retry-after", "0")),
    )
