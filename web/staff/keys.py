"""An owner's keys on pages: who has which, a new one, one in place of another, and who is signed in."""

import secrets
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.connections import OVERLAPS
from web.staff.door import ROLES, Staff, show
from web.staff.refusals import refusal

_PAGE = 50
_FIELDS = {"expires_at": "last_day"}
_DONE = ("revoked", "ended")


class KeyPages:
    """Lists keys and sessions, makes and ends them. A key is shown in the answer that makes it, and in none after."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form)

    async def make(self, staff: Staff, form: Form) -> Response:
        said: Json = {"role": form["role"]}
        if form["person"]:
            said["person"] = form["person"]
        try:
            if form["last_day"]:
                said["expires_at"] = _end_of(form["last_day"], staff)
            made = await staff.api.post("/v1/api-keys", said, idempotency_key=form.asked_once)
        except (ValueError, OverflowError):
            wrong = form.with_faults({"last_day": staff.visit.t("keys.no_day")})
            return await self._shown(staff, wrong, status=422)
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            named = {where.strip("/"): detail for where, detail in refused.errors.items()}
            faults: dict[str, object] = {_FIELDS.get(name, name): detail for name, detail in named.items()}
            wrong = form.with_faults(faults or {"all": refusal(staff.visit.t, refused)})
            return await self._shown(staff, wrong, status=refused.status)
        return await self._shown(staff, Form(), made=made)

    async def replace(self, staff: Staff, form: Form) -> Response:
        """Make a key in place of another, which works on for a while."""
        overlap = form["overlap"] if form["overlap"] in OVERLAPS else OVERLAPS[1]
        path = address("/v1/api-keys/{}/rotation", staff.id("key_id"))
        made = await staff.api.post(path, {"overlap": overlap}, idempotency_key=form.asked_once)
        return await self._shown(staff, Form(), made=made)

    async def revoke(self, staff: Staff, _: Form) -> Response:
        await staff.api.delete(address("/v1/api-keys/{}", staff.id("key_id")))
        return self._pages.go_to(staff.visit, "/pages/operations/keys?done=revoked")

    async def end_session(self, staff: Staff, _: Form) -> Response:
        await staff.api.delete(address("/v1/staff-sessions/{}", staff.id("session_id")))
        return self._pages.go_to(staff.visit, "/pages/operations/keys?done=ended")

    async def _shown(self, staff: Staff, form: Form, *, status: int = 200, made: Json | None = None) -> Response:
        asked = form.goes_on
        return show(
            self._pages,
            staff,
            "staff/api_keys.html",
            status=status,
            keys=await staff.api.get("/v1/api-keys", limit=_PAGE, **asked),
            sessions=(await staff.api.get("/v1/staff-sessions", limit=_PAGE))["items"],
            roles=ROLES,
            overlaps=OVERLAPS,
            asking=secrets.token_urlsafe(12),
            made=made,
            done=form["done"] if form["done"] in _DONE else "",
            form=form,
        )


def _end_of(day: str, staff: Staff) -> str:
    """Return when a day ends where the merchant is; raises ValueError or OverflowError for what is no day."""
    after = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(after, time(), ZoneInfo(str(staff.caller["time_zone"]))).isoformat()
