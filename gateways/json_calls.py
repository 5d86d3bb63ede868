"""Calls of products that speak JSON: what they answer is read, or said to be a no, or nobody knows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster, Reply
from gateways.telling_status import telling_status

Answer = TypeVar("Answer", bound=BaseModel)


class ProductAccount(Protocol):
    """Where a merchant's account of a product is, and the headers that open it."""

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Ways:
    """How a product says no.

    `refused` reads a no, and raises ValidationError for what is none. `says_nothing` are answers that say nothing of
    what was asked, `not_theirs` those of somebody before them who gave up: they may be at it. No more than `most_bytes`
    of an answer are read.
    """

    refused: Callable[[str], Declined]
    says_nothing: Collection[int]
    most_bytes: int
    not_theirs: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class JsonCalls:
    poster: Poster
    at: ProductAccount
    ways: Ways

    async def get(self, path: str, kind: type[Answer]) -> Answer:
        """Raise as `post` does."""
        url = f"{self.at.url}{path}"
        return self._read(await self.poster.get(url, self.at.headers, most_bytes=self.ways.most_bytes), kind)

    async def post(self, path: str, body: bytes, kind: type[Answer]) -> Answer:
        """Raise Declined, TryLater, and OutOfOrder or NoAnswer when nobody knows."""
        url = f"{self.at.url}{path}"
        return self._read(await self.poster.post(url, body, self.at.headers, most_bytes=self.ways.most_bytes), kind)

    def _read(self, reply: Reply, kind: type[Answer]) -> Answer:
        if telling_status(reply, self.ways.says_nothing, self.ways.not_theirs) >= HTTPStatus.BAD_REQUEST:
            raise self._refused(reply)
        try:
            return kind.model_validate_json(reply.answer)
        except ValidationError as unread:
            raise NoAnswer(f"answered {reply.status_code} with something else than {kind.__name__}") from unread

    def _refused(self, reply: Reply) -> Exception:
        try:
            return self.ways.refused(reply.answer)
        except ValidationError:
            return NoAnswer(f"answered {reply.status_code} with something else than an error")
