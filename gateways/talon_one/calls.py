"""Calls of Talon.One's Integration API: what it answers is read, or said to be a no, or nobody knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from gateways.posting import Poster, Reply
from gateways.retry_after import retry_after
from gateways.talon_one.answers import TalonOneError

Answer = TypeVar("Answer", bound=BaseModel)

REFUSED = "refused"
"""The code of their noes, which have none of their own."""

_MOST_ANSWER_BYTES = 2_000_000
"""A session has up to 1,000 cart items."""

_USUAL_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_SAYS_NOTHING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
"""We are not let in, or somebody else changes the session just now."""

_NOT_THEIRS = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
"""Somebody before them gave up: they may be at it."""


@dataclass(frozen=True, slots=True)
class TalonOneAt:
    """Where a merchant's deployment is, and the key of an Application of it."""

    url: str
    api_key: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"authorization": f"ApiKey-v1 {self.api_key}"}


@dataclass(frozen=True, slots=True)
class TalonOneCalls:
    poster: Poster
    at: TalonOneAt

    async def get(self, path: str, kind: type[Answer]) -> Answer:
        """Raise as `post` does."""
        url = f"{self.at.url}{path}"
        return _read(await self.poster.get(url, self.at.headers, most_bytes=_MOST_ANSWER_BYTES), kind)

    async def post(self, path: str, body: bytes, kind: type[Answer]) -> Answer:
        """Raise Declined, TryLater, and OutOfOrder or NoAnswer when nobody knows."""
        url = f"{self.at.url}{path}"
        return _read(await self.poster.post(url, body, self.at.headers, most_bytes=_MOST_ANSWER_BYTES), kind)


def _read(reply: Reply, kind: type[Answer]) -> Answer:
    if reply.status_code is None or reply.status_code in _NOT_THEIRS:
        raise NoAnswer(reply.trouble or f"answered {reply.status_code or 'nothing'}")
    if reply.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        pause = retry_after(reply.headers.get("retry-after", ""), _USUAL_PAUSE)
        raise TryLater(min(pause, _LONGEST_PAUSE))
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status_code in _SAYS_NOTHING:
        raise OutOfOrder(f"answered {reply.status_code}")
    if reply.status_code >= HTTPStatus.BAD_REQUEST:
        raise _refused(reply)
    try:
        return kind.model_validate_json(reply.answer)
    except ValidationError as unread:
        raise NoAnswer(f"answered {reply.status_code} with something else than {kind.__name__}") from unread


def _refused(reply: Reply) -> Exception:
    try:
        refusal = TalonOneError.model_validate_json(reply.answer)
    except ValidationError:
        return NoAnswer(f"answered {reply.status_code} with something else than an error")
    return Declined(REFUSED, refusal.in_words[:300])
