"""Errors as `application/problem+json` (RFC 9457): the only place that knows status codes."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from api.paths import told
from api.schemas.faults import FieldFault
from db.idempotency import KeyReused
from db.refunds import RefundNotFound
from domain.claims.standing import StandsInTheWay
from domain.entitlements.coupon_limits import CouponUsedUp
from domain.refusals import RefundRejected
from domain.sale.snapshots import SnapshotRefused
from service.refused import RequestRefused, Wrong

log = logging.getLogger("api")


class ProblemRaised(Exception):
    """An error with a stable code; `detail` says what was wrong and what would be right."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        errors: Sequence[dict[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.errors = errors

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered otherwise in a moment; all else is a definite no."""
        return self.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


_SEND_A_KEY = "send a known API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`"


def unauthenticated(detail: str = _SEND_A_KEY) -> ProblemRaised:
    return ProblemRaised(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def bad_signature() -> ProblemRaised:
    return ProblemRaised(
        401, "bad_signature", "the webhook is not signed by a secret that is known here, or too long ago"
    )


def forbidden(detail: str) -> ProblemRaised:
    return ProblemRaised(403, "forbidden", detail)


def test_clock_not_allowed(detail: str) -> ProblemRaised:
    return ProblemRaised(403, "test_clock_not_allowed", detail)


def not_found(what: str) -> ProblemRaised:
    return ProblemRaised(404, "not_found", f"there is no {what} here")


def conflicting_state(detail: str) -> ProblemRaised:
    return ProblemRaised(409, "conflicting_state", detail)


def other_approver_needed(detail: str) -> ProblemRaised:
    return ProblemRaised(409, "other_approver_needed", detail)


def wrong_field(pointer: str, detail: str) -> ProblemRaised:
    """Say what is wrong with one field: `pointer` is its place in the body (RFC 6901), as `/lines/0/quantity`."""
    errors = [{"pointer": pointer, "detail": detail}]
    return ProblemRaised(422, "validation_failed", f"{pointer}: {detail}", errors=errors)


def wrong_fields(wrong: Mapping[str, str]) -> ProblemRaised:
    """Say what is wrong with several fields, by their places in the body."""
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in wrong.items()]
    return ProblemRaised(422, "validation_failed", "; ".join(wrong.values()), errors=errors)


def invalid(found: Sequence[Any]) -> ProblemRaised:
    """Say what pydantic found wrong, the first twenty faults."""
    errors = [_readable(error) for error in found[:20]]
    detail = "; ".join(f"{error['pointer']}: {error['detail']}" for error in errors[:3])
    return ProblemRaised(422, "validation_failed", detail or "the request is not valid", errors=errors)


def limit_reached(detail: str) -> ProblemRaised:
    return ProblemRaised(409, "limit_reached", detail)


def label_void(rma: str) -> ProblemRaised:
    return ProblemRaised(410, "label_void", f"the label of return {rma} is void: nothing may be sent with it any more")


def quantity_not_available(detail: str) -> ProblemRaised:
    return ProblemRaised(422, "quantity_not_available", detail)


def validation_failed(detail: str) -> ProblemRaised:
    """Say what is wrong where no one field can be pointed at."""
    return ProblemRaised(422, "validation_failed", detail)


def too_large(most: int) -> ProblemRaised:
    return larger_than(f"a body has at most {most} bytes")


def ends_in_two_places() -> ProblemRaised:
    """Say that nobody can know where a body ends; what follows it on its connection is not read."""
    detail = "Content-Length and Transfer-Encoding both say where the body ends: send one of them"
    return ProblemRaised(400, "malformed_request", detail, headers={"Connection": "close"})


def larger_than(detail: str) -> ProblemRaised:
    return ProblemRaised(413, "body_too_large", detail)


def unexpected() -> ProblemRaised:
    return ProblemRaised(500, "internal_error", "something went wrong here; it has been logged")


def unavailable() -> ProblemRaised:
    return try_again("a part of makewhole is not available now; nothing is lost, try again")


def too_many_requests(
    detail: str, *, after_s: int = 1, headers: Mapping[str, str] = MappingProxyType({})
) -> ProblemRaised:
    """Say that the caller has to wait for itself or for others; after_s: when it may come again, in seconds."""
    return ProblemRaised(429, "too_many_requests", detail, headers={"Retry-After": str(after_s), **headers})


def wrong_code(headers: Mapping[str, str]) -> ProblemRaised:
    """Say the same of every code that opens nothing, whatever is wrong with it."""
    detail = "this code opens no session: it is another, was used, is too old, or was guessed at too often"
    return ProblemRaised(401, "wrong_code", detail, headers=dict(headers))


def passkey_refused(headers: Mapping[str, str]) -> ProblemRaised:
    """Say the same of every passkey that is none here, whatever is wrong with it."""
    detail = "this is no answer to a challenge that is still good: ask for options, and hand them to the device again"
    return ProblemRaised(401, "passkey_refused", detail, headers=dict(headers))


def sign_in_failed(detail: str, headers: Mapping[str, str]) -> ProblemRaised:
    return ProblemRaised(401, "sign_in_failed", detail, headers=dict(headers))


def not_let_in(detail: str) -> ProblemRaised:
    return ProblemRaised(403, "not_let_in", detail)


def try_again(detail: str) -> ProblemRaised:
    return ProblemRaised(503, "temporarily_unavailable", detail, headers={"Retry-After": "2"})


_BY_STATUS = {400: "malformed_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

_PLAINER = {
    "int_type": "write a whole number (amounts are in minor units), not a decimal or text",
    "int_parsing": "write a whole number (amounts are in minor units), not a decimal or text",
    "extra_forbidden": "there is no such field",
    "missing": "this field is required",
    "timezone_aware": "write a time with its offset as RFC 3339, for example 2026-11-01T08:00:00Z",
    "json_invalid": "this is not valid JSON",
    "model_attributes_type": "write a JSON object",
}


def install(app: FastAPI) -> None:
    """Turn every error into a problem, and hide nothing of what the caller could mend."""

    @app.exception_handler(ProblemRaised)
    async def _problem(_: Request, problem: ProblemRaised) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RefundRejected)
    async def _rejected(_: Request, rejected: RefundRejected) -> JSONResponse:
        return answer(ProblemRaised(422, rejected.code, str(rejected)))

    @app.exception_handler(RequestRefused)
    async def _refused(_: Request, no: RequestRefused) -> JSONResponse:
        return answer(_of(no))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, unfit: RequestValidationError) -> JSONResponse:
        return answer(invalid(unfit.errors()))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = _BY_STATUS.get(error.status_code, "request_failed")
        headers = dict(error.headers) if error.headers else None
        if error.status_code == 405:
            headers = {"Allow": ", ".join(_methods_here(request))}
        return answer(ProblemRaised(error.status_code, code, str(error.detail), headers=headers))

    @app.exception_handler(RefundNotFound)
    async def _no_refund(_: Request, error: RefundNotFound) -> JSONResponse:
        return answer(not_found(f"refund {error}"))

    @app.exception_handler(SnapshotRefused)
    @app.exception_handler(StandsInTheWay)
    @app.exception_handler(CouponUsedUp)
    async def _booked(_: Request, error: Exception) -> JSONResponse:
        return answer(conflicting_state(str(error)))

    @app.exception_handler(KeyReused)
    async def _reused(_: Request, error: KeyReused) -> JSONResponse:
        detail = f"Idempotency-Key {error} was used for another request; use a new key for each new request"
        return answer(ProblemRaised(409, "idempotency_key_reused", detail))

    @app.exception_handler(ClientDisconnect)
    async def _broken_off(request: Request, _: ClientDisconnect) -> JSONResponse:
        log.info("%s %s was broken off by its caller", request.method, told(request.url.path))
        return answer(ProblemRaised(400, "malformed_request", "the body was broken off"))


def _methods_here(request: Request) -> list[str]:
    """What the address can be asked by: each method has a route of its own, and Starlette names that of the first."""
    asked = ({**request.scope, "method": method} for method in _METHODS)
    return [
        each["method"] for each in asked if any(route.matches(each)[0] is Match.FULL for route in request.app.routes)
    ]


_STATUS = {Wrong.FORBIDDEN: 403, Wrong.NOT_FOUND: 404, Wrong.DUPLICATE_REQUEST: 409, Wrong.VALIDATION_FAILED: 422}


def _of(no: RequestRefused) -> ProblemRaised:
    if no.pointer:
        return wrong_field(no.pointer, no.detail)
    return ProblemRaised(_STATUS[no.code], no.code, no.detail)


def answer(problem: ProblemRaised) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"urn:makewhole:problem:{problem.code}",
        "title": problem.code.replace("_", " "),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = list(problem.errors)
    return JSONResponse(body, problem.status, headers=problem.headers, media_type="application/problem+json")


def _readable(error: Any) -> dict[str, str]:
    """Point at what is wrong without echoing it: the input may be anything."""
    fault = error.get("ctx", {}).get("error")
    inside = fault.place if isinstance(fault, FieldFault) else ()
    place = [_pointed(str(part)) for part in (*error["loc"], *inside) if part != "body" and not _is_a_way(part)]
    detail = _PLAINER.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return {"pointer": "/" + "/".join(place), "detail": detail}


def _is_a_way(part: str | int) -> bool:
    """Whether pydantic names in which of several ways it read a value, or that it means a key: no field of the body."""
    return isinstance(part, str) and (
        part == "[key]" or part.startswith(("constrained-", "dict[", "list[", "function-"))
    )


def _pointed(part: str) -> str:
    """Name a field as RFC 6901 does; a name may be as long as the body, and be no text at all."""
    known = part[:100].encode(errors="replace").decode()
    return known.replace("~", "~0").replace("/", "~1")
