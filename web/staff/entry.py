"""Where staff come in: at their merchant's identity provider, or with an API key that is pasted once."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web import visitors
from web.calling import Refused
from web.forms import Form, read_form
from web.pages import Pages, Visit
from web.staff.door import ROOMS, Staff, forgotten, show
from web.visitors import TOKEN_FIELD, Visitor

_A_WORKING_DAY_S = 10 * 3600
_KEY = re.compile("[A-Za-z0-9_.-]{1,200}")
_TOKEN = re.compile("[A-Za-z0-9_-]{1,100}")
_ROOM_PATH = re.compile("/pages/(desk|warehouse|operations|reports)(/[A-Za-z0-9._~%/-]*)?")


class StaffEntry:
    """Signs staff in and out."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Response:
        """Ask who somebody is; who is signed in sees which rooms are theirs."""
        visit = self._pages.visit(request, visitors.staff(request))
        form = Form(dict(request.query_params))
        if not visit.visitor.key:
            return self._asking(visit, form)
        try:
            staff = Staff(visit, "staff", await visit.api.get("/v1/caller"))
        except Refused as refused:
            if not refused.is_about_the_key:
                raise
            return forgotten(self._asking(visit, form))
        return show(self._pages, staff, "staff/home.html")

    async def enter_by_key(self, request: Request) -> Response:
        visit, form = await self._sent(request)
        key = form["key"]
        rooms = await self._rooms_of(visit, key) if _KEY.fullmatch(key) else []
        if not rooms:
            wrong = form.with_faults({"key": visit.t("staff.wrong_key")})
            return self._asking(visit, wrong, status=401)
        wanted = form["to"] if _ROOM_PATH.fullmatch(form["to"]) else f"/pages/{rooms[0]}"
        answer = self._pages.go_to(visit, wanted)
        visitors.forget(answer, visitors.STAFF)
        visitors.remember(answer, visitors.STAFF_KEY, key, _A_WORKING_DAY_S)
        return answer

    async def _rooms_of(self, visit: Visit, key: str) -> list[str]:
        """Say which rooms a key opens: none if nobody knows it."""
        asked = self._pages.visit(visit.request, Visitor(visit.visitor.browser, key))
        try:
            caller = await asked.api.get("/v1/caller")
        except Refused as refused:
            if not refused.is_about_the_key:
                raise
            return []
        return [room for room, roles in ROOMS.items() if caller["role"] in roles]

    async def leave(self, request: Request) -> Response:
        """Sign out: a session ends, a pasted key is forgotten by this browser and works on."""
        visit, _ = await self._sent(request)
        if visitors.cookie(request, visitors.STAFF):
            await visit.api.raw("DELETE", "/v1/staff-sessions/current")
        return forgotten(self._pages.go_to(visit, "/pages/staff"))

    async def _sent(self, request: Request) -> tuple[Visit, Form]:
        visit = self._pages.visit(request, visitors.staff(request))
        form = await read_form(request)
        visit.check_form(form[TOKEN_FIELD])
        return visit, form

    def _asking(self, visit: Visit, form: Form, *, status: int = 200) -> Response:
        wanted = form["to"] if _ROOM_PATH.fullmatch(form["to"]) else "/pages/staff"
        provider = form["provider"] if _TOKEN.fullmatch(form["provider"]) else ""
        sign_in = f"/v1/sign-in/{provider}?{urlencode({'return_to': wanted})}" if provider else ""
        return self._pages.show(visit, "staff/entry.html", status=status, form=form, sign_in=sign_in)
