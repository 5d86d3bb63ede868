"""An API without a stack, for pages: it answers with the examples of its document, said by hostile people."""

import copy
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from api.app import ABOUT, with_routes
from api.document import make
from db.api_keys import Role
from domain import clock
from tests.api.published import Operation, operations
from tools.client import Json
from web.app import make_pages
from web.customer.entry import ASKED
from web.visitors import BROWSER, CUSTOMER, STAFF_KEY

ORIGIN = "https://pages.example"

HOSTILE = "<b>{0}</b> שלום \u202e🦄👩‍👩‍👧 " + "長い" * 20 + " W" + "w" * 120
"""Markup, places to fill, letters from right to left that turn what follows, emoji, and a word without an end."""

SAID_BY_PEOPLE = frozenset({"name", "note", "comment", "reason_name", "person", "address", "carrier", "guide"})
"""Fields of answers that say what somebody wrote."""

COOKIES = dict.fromkeys((ASKED, BROWSER, CUSTOMER, STAFF_KEY), "mk_drawn")
"""Of somebody who is signed in, as whom the API says they are."""


def pages_of(role: Role, said: Mapping[str, Json], refuses: Json | None = None) -> httpx.AsyncClient:
    """Open pages that ask such an API.

    said: fields of answers that say something else, by operation. refuses: the problem with which it refuses to change
    anything.
    """
    app = Starlette(routes=[Mount("/pages", make_pages(ExampleApi(role, said, refuses)))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, follow_redirects=True)


def example(name: str) -> Any:
    """Return what an operation that reads answers in the document, whole."""
    return next(copy.deepcopy(shown) for _, operation, shown in _examples("GET") if operation == name)


class ExampleApi:
    """An API that has an example for each answer."""

    def __init__(self, role: Role, said: Mapping[str, Json], refuses: Json | None) -> None:
        self._role = role
        self._said = said
        self._refuses = refuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._answered(request.method, request.url.path)(scope, receive, send)

    def _answered(self, method: str, path: str) -> Response:
        if self._refuses is not None and method != "GET":
            return JSONResponse(self._refuses, self._refuses["status"])
        for pattern, name, example in _examples(method):
            if pattern.fullmatch(path):
                said = {"role": self._role} if name == "getCaller" else self._said.get(name, {})
                return JSONResponse({**_hostile(example), **said} if isinstance(example, dict) else example)
        return JSONResponse({"code": "not_found", "detail": path}, 404)


@cache
def _examples(method: str) -> list[tuple[re.Pattern[str], str, Any]]:
    """List the operations of a method with what they answer, those whose paths have fewest places to fill first."""
    app = with_routes(FastAPI(**ABOUT))
    shown = {each.name: _example(each) for each in operations(make(app, clock.now().date()))}
    found = [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path)), str(route.operation_id), _whole(route, shown))
        for router in app.routes
        for route in getattr(router, "original_router", app.router).routes
        if isinstance(route, APIRoute) and method in (route.methods or ()) and route.response_model is not None
    ]
    return sorted(found, key=lambda known: known[0].pattern.count("[^/]+"))


def _example(operation: Operation) -> Any:
    answer: Json = next((answer for status, answer in operation.spec["responses"].items() if status < "300"), {})
    content = answer.get("content", {}).get("application/json", {})
    return next((each["value"] for each in content.get("examples", {}).values()), content.get("example"))


def _whole(route: APIRoute, shown: Mapping[str, Any]) -> Any:
    """Return the example with every field that the operation answers, also those that it leaves as they usually are."""
    kept: TypeAdapter[Any] = TypeAdapter(route.response_model)
    example = shown.get(str(route.operation_id))
    return example if example is None else kept.dump_python(kept.validate_python(example), mode="json", by_alias=True)


def _hostile(example: Any) -> Any:
    if isinstance(example, list):
        return [_hostile(each) for each in example]
    if not isinstance(example, dict):
        return example
    return {
        name: HOSTILE if name in SAID_BY_PEOPLE and isinstance(value, str) else _hostile(value)
        for name, value in example.items()
    }
