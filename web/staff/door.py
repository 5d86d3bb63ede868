"""Lets staff in by their session or their key, says who they are, and where a page is not for their role."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web import visitors
from web.calling import AsVisitor, Json, Refused, address
from web.forms import Form, read_form
from web.pages import Pages, Visit
from web.staff.refusals import refusal
from web.visitors import TOKEN_FIELD

_ESCAPED_SLASH = "\ufdd0"
"""How the application writes a slash inside an id (`api/paths.py`), while a path is cut into pieces."""

ROLES = ("merchant", "reviewer", "warehouse", "ops", "owner")
"""Those of staff, in the order in which they are offered."""

ROOMS = {
    "desk": ("reviewer",),
    "warehouse": ("warehouse",),
    "operations": ("ops", "owner"),
    "reports": ("ops",),
}
"""Which roles have something to do in which room. It decides what is shown in the navigation; the API judges rights."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works here. caller: what the API says of them."""

    visit: Visit
    room: str
    caller: Json

    @property
    def api(self) -> AsVisitor:
        return self.visit.api

    @property
    def rooms(self) -> list[str]:
        return [room for room, roles in ROOMS.items() if self.caller["role"] in roles]

    async def refund(self, refund_id: str) -> Json:
        """Read a refund, with its figures told in the language of the page, whatever its customer's is."""
        return await self.api.get(address("/v1/refunds/{}", refund_id), locale=self.visit.t.language)

    def id(self, name: str) -> str:
        """Return an id out of the path."""
        return str(self.visit.request.path_params[name]).replace(_ESCAPED_SLASH, "/")


Handler = Callable[[Staff, Form], Awaitable[Response]]


class StaffDoor:
    """Stands before every page of a room."""

    def __init__(self, pages: Pages, room: str) -> None:
        self._pages = pages
        self._room = room

    def before(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            visit = self._pages.visit(request, visitors.staff(request))
            if not visit.visitor.key:
                return self._to_the_entry(visit)
            try:
                staff = Staff(visit, self._room, await visit.api.get("/v1/caller"))
                if self._room not in staff.rooms:
                    return show(self._pages, staff, "staff/not_yours.html", status=403)
                form = await _form(request, visit)  # no files are read before it is known who sends them
                return await self._handled(staff, form, handler)
            except Refused as refused:
                if not refused.is_about_the_key:
                    raise
                return self._to_the_entry(visit)

        return endpoint

    async def _handled(self, staff: Staff, form: Form, handler: Handler) -> Response:
        """Have a page made; what the API refuses and the page does not expect is told as it is."""
        try:
            return await handler(staff, form)
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            why = refusal(staff.visit.t, refused)
            return show(self._pages, staff, "staff/refused.html", status=refused.status, why=why)

    def _to_the_entry(self, visit: Visit) -> Response:
        wanted = visit.request.url.path if visit.request.method == "GET" else f"/pages/{self._room}"
        return forgotten(self._pages.go_to(visit, f"/pages/staff?{urlencode({'to': wanted})}"))


def show(pages: Pages, staff: Staff, template: str, *, status: int = 200, **filled: object) -> Response:
    """Show a page of a room, with the times of the merchant's own clock."""
    return pages.show(
        staff.visit,
        template,
        status=status,
        time_zone=str(staff.caller["time_zone"]),
        headers=None,
        who=staff.caller,
        room=staff.room,
        rooms=staff.rooms,
        **filled,
    )


def forgotten(answer: Response) -> Response:
    """Have a browser forget who of the staff used it."""
    for name in (visitors.STAFF, visitors.STAFF_KEY):
        visitors.forget(answer, name)
    return answer


async def _form(request: Request, visit: Visit) -> Form:
    if request.method == "GET":
        return Form(dict(request.query_params))
    form = await read_form(request)
    visit.check_form(form[TOKEN_FIELD])
    return form
