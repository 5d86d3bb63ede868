"""Voucherify's API: what opens a project, and how it says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from gateways.json_calls import JsonCalls, Ways
from gateways.ports import Declined
from gateways.posting import Poster
from gateways.voucherify.answers import VoucherifyError

_MOST_ANSWER_BYTES = 2_000_000
"""A page of redemptions repeats the whole order in each."""

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


def calls(poster: Poster, at: VoucherifyAt) -> JsonCalls:
    return JsonCalls(poster, at, Ways(_refused, _NOT_LET_IN, _MOST_ANSWER_BYTES))


def _refused(answer: str) -> Declined:
    refusal = VoucherifyError.model_validate_json(answer)
    why = ": ".join(filter(None, (refusal.key, refusal.message, refusal.details)))
    return Declined(refusal.key, why[:300])
