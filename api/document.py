"""The published OpenAPI document: what FastAPI knows of the routes, and what it can't know.

Every operation says who may call it (`x-roles`) and each code it can answer (`x-codes`), as problems of one schema.
Examples are dated from today, so none of them ends.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api import webhook_catalogue
from api.codes import CODES
from api.described import CODES_OF_ITS_OWN
from api.examples import Examples
from api.rate_limits import LEFT, LIMITED, POLICY
from api.request_ids import HEADER, WELL_FORMED
from api.schemas.audit import AuditLine
from api.schemas.live import LiveEvent
from api.schemas.problems import Problem
from api.schemas.what_if import WhatIfRefund, WhatIfSummary
from db.api_keys import Role
from domain import clock
from gateways.registry import ADAPTERS, CARRIERS, PROVIDERS

EVERY_ROLE = tuple(Role)

Json = dict[str, Any]

TAGS = {
    "policy": "The merchant's refund policy, and what past refunds would have come to under another one.",
    "reasons": "The merchant's own reasons to ask for a refund, each of which stands for one of four.",
    "customers": "Customers, what they have, and what they were told.",
    "refund rights": "Suspending a customer's right to ask for refunds, appealing against it, giving it back.",
    "coupons": "Coupons as the merchant issues them; what became of each follows from orders and refunds.",
    "campaigns": "Campaigns that reward a spend, open a first purchase or are limited for each customer.",
    "orders": "Orders as they were sold, and what is left of them to refund.",
    "refunds": "Refunds: quoted, requested, followed, and spoken to by everybody who has a part in them.",
    "reviews": "What waits for a reviewer, until when, and who is at it.",
    "risk alerts": "What refunds show together and none shows alone, until somebody has seen it.",
    "bulk refunds": "Many refunds asked for at once: previewed, confirmed, stopped.",
    "reports": "What became of the refunds of a time, how fast, and how content people were.",
    "operations": "The audit trail, calls for help, and what does not agree.",
    "sandbox": "The sandbox provider and carrier: what they shall do, for trying things out.",
    "identity": "Customers prove who they are by a one-time code or a passkey, and get a session.",
    "staff": "Staff sign in at their merchant's identity provider, and get sessions as people.",
    "api keys": "Who may call, as what and until when: keys of staff, programs and customers.",
    "gateways": "Merchants' accounts at payment providers.",
    "entitlement systems": "Merchants' own systems, in which entitlements live.",
    "carriers": "Merchants' accounts at carriers, which make the labels of returns.",
    "labels": "Labels of returns, one for each parcel.",
    "webhooks": "What providers tell makewhole, signed.",
    "webhook events": "What makewhole tells merchants' own systems, signed, and where it goes.",
    "health": "Whether the service is alive and ready.",
}

_WEBHOOKS: tuple[type[BaseModel], ...] = (
    *(each.webhook for each in PROVIDERS.values()),
    *(each.webhook for each in ADAPTERS.values()),
    *(each.webhook for each in CARRIERS.values()),
)
_READ_UNPARSED: tuple[type[BaseModel], ...] = (
    *(AuditLine, LiveEvent, Problem, WhatIfRefund, WhatIfSummary),
    *(*_WEBHOOKS, *webhook_catalogue.MODELS),
)
"""Models that no route names as its body or its answer."""

_PROBLEM = "application/problem+json"

_REQUEST_ID: Json = {
    "description": "Names the request in makewhole's log and audit trail: what the caller sent as `Request-Id`, "
    "if that is well-formed, else made up.",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{WELL_FORMED}$"},
    "example": "req_4f9d2c7ab1e05d3386aa",
}

_DRAFT = "draft-ietf-httpapi-ratelimit-headers-10"
_RETRY_AFTER: Json = {
    "description": "After how many seconds it is worth trying again. Not sent by `GET /readyz`.",
    "schema": {"type": "integer", "minimum": 0},
    "example": 2,
}

_RATE_LIMITS: Json = {
    "RateLimitPolicy": {
        "description": f"Of what `RateLimit` is: `q` times in `w` seconds ({_DRAFT}).",
        "schema": {"type": "string"},
        "example": '"codes_per_caller";q=30;w=3600',
    },
    "RateLimit": {
        "description": f"How often it may be done (`r`) until the count begins anew in `t` seconds ({_DRAFT}).",
        "schema": {"type": "string"},
        "example": '"codes_per_caller";r=29;t=3600',
    },
}
_OF_ANY = ["requests_per_key", "requests_per_customer"]
_LIMITED_HEADERS = {POLICY: "RateLimitPolicy", LEFT: "RateLimit"}


class Document:
    """Makes the document of an application, anew for each day."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._made_on: date | None = None
        self._made: Json = {}

    def __call__(self) -> Json:
        today = clock.of_this_machine().date()
        if self._made_on != today:
            self._made, self._made_on = make(self._app, today), today
        return self._made


def make(app: FastAPI, today: date) -> Json:
    """Return the document as it is published on a day."""
    document: Json = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "The server that answers this document."}],
    )
    examples = Examples(today)
    _add_schemas(document, examples)
    document["webhooks"] = webhook_catalogue.catalogue()
    for operation in operations(document):
        _finish(operation)
        _show_examples(operation, examples)
    return document


def operations(document: Json) -> Iterable[Json]:
    """Yield every operation of a document."""
    for path in document["paths"].values():
        yield from path.values()


def codes_by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Sort codes by status; a code that nobody described is a KeyError, at the start and not at an answer."""
    in_order = sorted(set(codes), key=lambda code: (CODES[code].status, code))
    return {status: list(group) for status, group in groupby(in_order, key=lambda code: CODES[code].status)}


def _add_schemas(document: Json, examples: Examples) -> None:
    schemas: Json = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, made = models_json_schema(
        [(model, "serialization") for model in _READ_UNPARSED], ref_template="#/components/schemas/{model}"
    )
    schemas.update(made["$defs"])
    for name, schema in schemas.items():
        if (example := examples.of(name)) is not None:
            schema["examples"] = [example]
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["headers"] = {"RequestId": _REQUEST_ID, "RetryAfter": _RETRY_AFTER, **_RATE_LIMITS}


def _show_examples(operation: Json, examples: Examples) -> None:
    """Put an example beside the body and beside every answer that is no problem."""
    parts = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in (content for part in parts for content in part.get("content", {}).values()):
        schema = content.get("schema", {})
        names = [str(each.get("$ref", "")).rpartition("/")[2] for each in (schema, *schema.get("anyOf", ()))]
        example = next((known for known in map(examples.of, names) if known is not None), None)
        if example is not None and "examples" not in content:
            content["example"] = example


def _finish(operation: Json) -> None:
    roles = _roles(operation)
    codes = codes_by_status([*operation.pop(CODES_OF_ITS_OWN, ()), *_codes_of_any(operation, roles)])
    operation["x-roles"] = roles
    operation[CODES_OF_ITS_OWN] = [code for group in codes.values() for code in group]
    said = f"Roles: {', '.join(f'`{role}`' for role in roles)}." if roles else "Open: no API key is needed."
    operation["description"] = f"{operation.get('description', '')}\n\n{said}".strip()
    operation["security"] = [{"bearer": []}, {"api_key": []}, {"session_cookie": []}] if roles else []
    responses = operation["responses"]
    responses.pop("422", None)
    for status, group in codes.items():
        responses[str(status)] = _problem_answer(group)
    for status in {"429", "503"} & responses.keys():
        responses[status].setdefault("headers", {})["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if roles:
        operation.setdefault(LIMITED, _OF_ANY)
    for status in {"200", "201", "202", "204", "303", "401", "429"} & responses.keys() if LIMITED in operation else ():
        told = {name: {"$ref": f"#/components/headers/{each}"} for name, each in _LIMITED_HEADERS.items()}
        responses[status].setdefault("headers", {}).update(told)
    for response in responses.values():
        response.setdefault("headers", {})[HEADER] = {"$ref": "#/components/headers/RequestId"}
    operation["responses"] = dict(sorted(responses.items()))


def _roles(operation: Json) -> list[str]:
    requirements = operation.get("security", [])
    return [str(role) for role in next(iter(requirements[0].values()))] if requirements else []


def _codes_of_any(operation: Json, roles: list[str]) -> Iterable[str]:
    """What follows from an operation's roles, parameters and body."""
    if roles:
        yield from ("unauthenticated", "too_many_requests", "temporarily_unavailable")
    if 0 < len(roles) < len(EVERY_ROLE):
        yield "forbidden"
    parameters = operation.get("parameters", [])
    if parameters or "requestBody" in operation:
        yield "validation_failed"
    if "requestBody" in operation and roles:
        yield "body_too_large"
        if "application/json" in operation["requestBody"]["content"]:
            yield "malformed_request"
    if any(parameter["name"] == "idempotency-key" for parameter in parameters):
        yield "idempotency_key_reused"


def _problem_answer(codes: list[str]) -> Json:
    meanings = [f"`{code}`: {CODES[code].meaning}." for code in codes]
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {"code": {"enum": codes}, "status": {"const": CODES[codes[0]].status}},
    }
    examples = {code: {"summary": CODES[code].meaning, "value": _example_of(code)} for code in codes}
    return {"description": "\n".join(meanings), "content": {_PROBLEM: {"schema": schema, "examples": examples}}}


def _example_of(code: str) -> Json:
    shown: Json = {
        "type": f"urn:makewhole:problem:{code}",
        "title": code.replace("_", " "),
        "status": CODES[code].status,
        "code": code,
        "detail": CODES[code].meaning,
    }
    if code == "validation_failed":
        wrong = {"pointer": "/lines/0/quantity", "detail": "Input should be greater than or equal to 1"}
        shown |= {"detail": "{pointer}: {detail}".format(**wrong), "errors": [wrong]}
    return shown
