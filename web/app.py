"""The pages, put together: everything below `/pages`."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from web import visitors
from web.calling import Api, Refused
from web.customer.routes import customer_routes
from web.forms import FormTooLarge
from web.pages import Pages
from web.staff.routes import staff_routes
from web.visitors import NotOurForm


def make_pages(api: ASGIApp) -> Starlette:
    """Put the pages together; mounted at `/pages`. api: the application that is asked, with the visitor's own key."""
    pages = Pages(Api(api))
    routes: list[BaseRoute] = [
        Route("/static/{digest}/{name:path}", pages.files.serve),
        *staff_routes(pages),
        *customer_routes(pages),
    ]
    return Starlette(routes=routes, exception_handlers=_handlers(pages))


def _handlers(pages: Pages) -> dict[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """What goes wrong is told by a page too, in the visitor's language."""

    def told(request: Request, status: int, what: str) -> Response:
        visit = pages.visit(request, visitors.customer(request))
        return pages.show(visit, "problem.html", status=status, what=what)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return told(request, error.status, error.code)

    async def not_ours(request: Request, _: Exception) -> Response:
        return told(request, 403, "not_our_form")

    async def too_large(request: Request, _: Exception) -> Response:
        return told(request, 413, "body_too_large")

    async def other(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return told(request, error.status_code, _CALLED.get(error.status_code, "request_failed"))

    return {Refused: refused, NotOurForm: not_ours, FormTooLarge: too_large, HTTPException: other}


_CALLED = {404: "not_found", 413: "body_too_large"}
"""By the status that Starlette answers, what the catalogue calls it."""
