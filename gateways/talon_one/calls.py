"""Talon.One's Integration API: what opens an Application, and how it says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from gateways.json_calls import JsonCalls, Ways
from gateways.ports import Declined
from gateways.posting import Poster
from gateways.talon_one.answers import TalonOneError

REFUSED = "refused"
"""The code of their noes, which have none of their own."""

_MOST_ANSWER_BYTES = 2_000_000
"""A session has up to 1,000 cart items."""

_SAYS_NOTHING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
"""We are not let in, or somebody else changes the session just now."""

_NOT_THEIRS = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)


@dataclass(frozen=True, slots=True)
class TalonOneAt:
    """Where a merchant's deployment is, and the key of an Application of it."""

    url: str
    api_key: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"authorization": f"ApiKey-v1 {self.api_key}"}


def calls(poster: Poster, at: TalonOneAt) -> JsonCalls:
    return JsonCalls(poster, at, Ways(_refused, _SAYS_NOTHING, _MOST_ANSWER_BYTES, _NOT_THEIRS))


def _refused(answer: str) -> Declined:
    return Declined(REFUSED, TalonOneError.model_validate_json(answer).in_words[:300])
