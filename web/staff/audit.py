"""The audit trail on pages: what happened, whether it is whole, and all that others need to verify it themselves."""

from collections.abc import Mapping

from starlette.responses import Response

from web.calling import address, refused_of
from web.forms import Form
from web.pages import Pages
from web.security import OF_PAGES
from web.staff.door import Handler, Staff, show
from web.staff.typed import whole_number

_PAGE = 50
_LINES = 10_000
_FILES: Mapping[str, tuple[str, str]] = {
    "trail": ("/v1/audit/export", "jsonl"),
    "checkpoints": ("/v1/audit/checkpoints", "json"),
    "public-keys": ("/v1/audit/keys", "json"),
}
AUDIT_FILES = tuple(f"{name}.{kind}" for name, (_, kind) in _FILES.items())


class AuditViewer:
    """Shows the trail to operations; to operations and owners, what proves it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        """Hold the whole trail against itself and against what was signed, and list it; later pages only list."""
        verified = None if form["cursor"] else await staff.api.get("/v1/audit/verification")
        trail = await self._trail(staff, form) if staff.caller["role"] == "ops" else None
        return show(self._pages, staff, "staff/audit.html", verified=verified, trail=trail, lines=_LINES, form=form)

    async def _trail(self, staff: Staff, form: Form) -> object:
        asked: dict[str, str] = {name: form[name] for name in ("order_id", "customer_id") if form[name]}
        return await staff.api.get("/v1/audit", limit=_PAGE, **asked, **form.goes_on)

    def file(self, called: str) -> Handler:
        """Give what proves the trail as the API gives it; of the trail so many lines after one that is named."""
        path, _ = _FILES[called.partition(".")[0]]

        async def given(staff: Staff, form: Form) -> Response:
            asked: dict[str, str | int] = {}
            if path.endswith("export"):
                asked = {"cursor": str(whole_number(form["after"]) or 0), "limit": _LINES}
            return await _as_file(staff, path, called, asked)

        return given

    async def prove(self, staff: Staff, _: Form) -> Response:
        """Give the proof that an entry is in what was signed."""
        sequence = staff.id("sequence")
        path = address("/v1/audit/entries/{}/proof", sequence)
        number = whole_number(sequence)
        return await _as_file(staff, path, f"entry-{number}.json" if isinstance(number, int) else "entry.json", {})


async def _as_file(staff: Staff, path: str, called: str, asked: Mapping[str, str | int]) -> Response:
    answer = await staff.api.raw("GET", path, params=dict(asked) or None)
    if not answer.is_success:
        raise refused_of(answer)
    headers = {**OF_PAGES, "Content-Disposition": f'attachment; filename="audit-{called}"'}
    return Response(answer.content, media_type=answer.headers["content-type"], headers=headers)
