"""Lets in who has proved who they are, and sends everybody else to prove it, and from there to where they wanted to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web import visitors
from web.calling import Refused, address
from web.customer.entry import to_the_door
from web.forms import Form, brings_files, read_form
from web.pages import Pages, Visit
from web.visitors import TOKEN_FIELD

_ESCAPED_SLASH = "\ufdd0"
"""How the application writes a slash inside an id (`api/paths.py`), while a path is cut into pieces."""


@dataclass(frozen=True, slots=True)
class VisitingCustomer:
    """A customer who was let in. merchant, order: as their link says it, for the way back through the door."""

    visit: Visit
    merchant: str
    order: str
    refund: str

    def at(self, pattern: str, *ids: str, **query: str) -> str:
        """Return where another page of the same shop is."""
        return f"{address(pattern, *ids)}?{urlencode({'merchant': self.merchant, **query})}"

    def id(self, name: str) -> str:
        """Return an id out of the path."""
        return _id(self.visit.request, name)


Handler = Callable[[VisitingCustomer, Form], Awaitable[Response]]


class Door:
    """Stands before every page of an order or a refund."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def before(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            visit = self._pages.visit(request, visitors.customer(request))
            customer = VisitingCustomer(
                visit, request.query_params.get("merchant", ""), _order(request), _id(request, "refund_id")
            )
            if not visit.visitor.key:
                return self._to_the_door(customer)
            try:
                return await handler(customer, await _form(request, visit))
            except Refused as refused:
                if not refused.is_about_the_key:
                    raise
                return self._to_the_door(customer)

        return endpoint

    def _to_the_door(self, customer: VisitingCustomer) -> Response:
        answer = self._pages.go_to(customer.visit, to_the_door(customer.merchant, customer.order, customer.refund))
        visitors.forget(answer, visitors.CUSTOMER)
        return answer


async def _form(request: Request, visit: Visit) -> Form:
    if request.method == "GET":
        return Form(dict(request.query_params))
    if brings_files(request):
        await visit.api.get("/v1/caller")  # nobody's pictures are read before it is known who they are
    form = await read_form(request)
    visit.check_form(form[TOKEN_FIELD])
    return form


def _order(request: Request) -> str:
    return _id(request, "order_id") or request.query_params.get("order", "")


def _id(request: Request, name: str) -> str:
    return str(request.path_params.get(name, "")).replace(_ESCAPED_SLASH, "/")
