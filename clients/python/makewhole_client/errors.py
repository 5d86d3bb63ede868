"""What can go wrong with a call. Decide by class and `code`, which are stable; sentences may change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from makewhole_client.models import RefundAnswer

REQUEST_ID = "request-id"


class MakewholeError(Exception):
    """Everything that this client raises."""


class Unreachable(MakewholeError):
    """Nobody answered in the time that was given. Whether it was done is not known: send it again under its key."""

    def __init__(self, message: str, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class NotUnderstood(MakewholeError):
    """What came is not what the API's document says: another server answered, or one of another age."""

    def __init__(self, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class NotInTime(MakewholeError):
    """A refund was not there yet when the time was up; `refund` is how it was seen last."""

    def __init__(self, message: str, refund: RefundAnswer) -> None:
        super().__init__(message)
        self.refund = refund


class BulkNotInTime(MakewholeError):
    """A bulk of refunds was not there yet when the time was up."""


class EndedOtherwise(MakewholeError):
    """A refund is over, and not as it was waited for; `refund` says how."""

    def __init__(self, message: str, refund: RefundAnswer) -> None:
        super().__init__(message)
        self.refund = refund


class WebhookRefused(MakewholeError):
    """A webhook is not from this makewhole, or too old. Answer it with 401 and do nothing."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that the API refuses: a JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`."""

    pointer: str
    detail: str


class ApiError(MakewholeError):
    """The API said no. `field` is the first of `fields`, None where it was no field."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: tuple[FieldFault, ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.request_id = request_id

    @property
    def field(self) -> str | None:
        return self.fields[0].pointer if self.fields else None

    def __str__(self) -> str:
        what = "".join(f"; {each.pointer}: {each.detail}" for each in self.fields)
        named = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.status} {self.code}: {self.message}{what}{named}"


class Unauthenticated(ApiError):
    """401: the API key is not known."""


class Forbidden(ApiError):
    """403: this key's role may not do that."""


class NotFound(ApiError):
    """404: there is no such thing at this merchant."""


class Conflict(ApiError):
    """409: not as things stand; the code says why."""


class Gone(ApiError):
    """410: it was there, and is not any more."""


class Invalid(ApiError):
    """400, 413 or 422: the request itself is wrong, or the rules refuse it."""


class TooManyRequests(ApiError):
    """429, until the time that was given was up."""


class ServerFault(ApiError):
    """5xx, until the time that was given was up."""


_CLASSES: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: TooManyRequests,
}


def error_of(response: httpx.Response) -> MakewholeError:
    """Read what the API refused and why."""
    status, request_id = response.status_code, response.headers.get(REQUEST_ID)
    kind = ServerFault if status >= 500 else _CLASSES.get(status, Invalid)
    try:
        problem = json.loads(response.content)
        faults = tuple(FieldFault(each["pointer"], each["detail"]) for each in problem.get("errors", ()))
        return kind(status, problem["code"], problem["detail"], fields=faults, request_id=request_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        if status >= 500 or status == 429:  # of a proxy, maybe
            return kind(status, "no_problem", f"answered {status}: {response.text[:200]}", request_id=request_id)
        asked = f"{response.request.method} {response.request.url}"
        return NotUnderstood(f"{asked} answered {status}, and not as makewhole does: {response.text[:200]}", request_id)
