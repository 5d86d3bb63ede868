"""One request to the API as data: what is sent, and how its answer is read. Both clients send the same."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from makewhole_client.errors import REQUEST_ID, NotUnderstood

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Model = TypeVar("Model", bound=BaseModel)

Sent = str | int | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """`query` and `headers` leave out what is None; `read` makes the answer out of what came, whole or by lines."""

    method: str
    path: str
    read: "Callable[[bytes], T_co]"
    query: Mapping[str, Sent] = field(default_factory=dict)
    headers: Mapping[str, Sent] = field(default_factory=dict)
    body: BaseModel | bytes | None = None
    content_type: str = "application/json"
    comes_by_lines: bool = False

    @property
    def idempotency_key(self) -> str | None:
        key = self.headers.get("idempotency-key")
        return str(key) if key is not None else None

    def request(self, http: httpx.Client | httpx.AsyncClient, api_key: str) -> httpx.Request:
        """Make the request; it may be sent again as it is."""
        headers = {"authorization": f"Bearer {api_key}", **_said(self.headers)}
        content = _content(self.body)
        if content is not None:
            headers = {"content-type": self.content_type, **headers}
        return http.build_request(self.method, self.path, params=_said(self.query), headers=headers, content=content)

    @staticmethod
    def told_by(response: httpx.Response, line: bytes) -> bytes:
        """Return what a line of an answer says, empty for one that says nothing: of events, their data count."""
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
        return line.strip()

    def understood(self, response: httpx.Response, content: bytes) -> T_co:
        """Read an answer, or a line of it; raises NotUnderstood."""
        try:
            return self.read(content)
        except ValidationError as error:
            said = f"{self.method} {self.path} was answered otherwise than the API's document says: {error}"
            raise NotUnderstood(said, response.headers.get(REQUEST_ID)) from error


def address(url: str) -> httpx.URL:
    """Return where the API is. Raises ValueError."""
    read = httpx.URL(url)
    if read.scheme not in ("http", "https") or not read.host:
        raise ValueError(f"{url!r} is no address of an API, as https://refunds.shop.example is")
    return read


def json_of(model: type[Model]) -> Callable[[bytes], Model]:
    return model.model_validate_json


def one_of(*kinds: Any) -> Callable[[bytes], Any]:
    """Read a line that is one of several things."""
    adapter: TypeAdapter[Any] = TypeAdapter(reduce(or_, kinds))
    return adapter.validate_json


def as_bytes(content: bytes) -> bytes:
    return content


def as_text(content: bytes) -> str:
    return content.decode()


def as_nothing(content: bytes) -> None:  # noqa: ARG001 - there is nothing to read
    return None


def in_path(value: str | int) -> str:
    """Write an id into a path; it may have any character, also a slash."""
    return quote(str(value), safe="")


def key_or_new(key: str | None) -> str:
    """Name the intent: a key that is made here is the call's, and is kept over all of its attempts."""
    return key if key is not None else secrets.token_hex(16)


def _content(body: BaseModel | bytes | None) -> bytes | None:
    if isinstance(body, BaseModel):
        return body.model_dump_json(exclude_unset=True, by_alias=True).encode()
    return body


def _said(values: Mapping[str, Sent]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Sent) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)
