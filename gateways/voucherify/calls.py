"""Calls of Voucherify's API: what it answers is read, or said to be a no, or nobody knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from gateways.posting import Poster, Reply
from gateways.retry_after import retry_after
from gateways.voucherify.answers import VoucherifyError

Answer = TypeVar("Answer", bound=BaseModel)

_MOST_ANSWER_BYTES = 2_000_000
"""A page of redemptions repeats the whole order in each."""

_USUAL_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class VoucherifyAt:
    """Where a merchant's project is, and what opens it."""

    url: str
    app_id: str = field(repr=False)
    app_token: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"x-app-id": self.app_id, "x-app-token": self.app_token}


@dataclass(frozen=True, slots=True)
class VoucherifyCalls:
    poster: Poster
    at: VoucherifyAt

    async def get(self, path: str, kind: type[Answer]) -> Answer:
        """Raise as `post` does."""
        url = f"{self.at.url}{path}"
        return _read(await self.poster.get(url, self.at.headers, most_bytes=_MOST_ANSWER_BYTES), kind)

    async def post(self, path: str, body: bytes, kind: type[Answer]) -> Answer:
        """Raise Declined, TryLater, and OutOfOrder or NoAnswer when nobody knows."""
        url = f"{self.at.url}{path}"
        return _read(await self.poster.post(url, body, self.at.headers, most_bytes=_MOST_ANSWER_BYTES), kind)


def _read(reply: Reply, kind: type[Answer]) -> Answer:
    if reply.status_code is None:
        raise NoAnswer(reply.trouble or "no answer")
    if reply.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        pause = retry_after(reply.headers.get("retry-after", ""), _USUAL_PAUSE)
        raise TryLater(min(pause, _LONGEST_PAUSE))
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status_code in _NOT_LET_IN:
        raise OutOfOrder(f"answered {reply.status_code}")
    if reply.status_code >= HTTPStatus.BAD_REQUEST:
        raise _refused(reply)
    try:
        return kind.model_validate_json(reply.answer)
    except ValidationError as unread:
        raise NoAnswer(f"answered {reply.status_code} with something else than {kind.__name__}") from unread


def _refused(reply: Reply) -> Exception:
    try:
        refusal = VoucherifyError.model_validate_json(reply.answer)
    except ValidationError:
        return NoAnswer(f"answered {reply.status_code} with something else than an error")
    why = ": ".join(filter(None, (refusal.key, refusal.message, refusal.details)))
    return Declined(refusal.key, why[:300])
