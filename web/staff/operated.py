"""One refund as operations see it: what happened, what is paid, and its workflow; and how payouts fare in short."""

from datetime import timedelta

from starlette.responses import Response

from domain import clock
from web.calling import address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show

_SPANS = {"day": timedelta(days=1), "week": timedelta(days=7)}
_STAGES = ("answered", "received", "inspected", "paid", "completed")


class Operated:
    """Shows a refund to operations, and how fast and how well refunds go."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form, "staff/operated.html")

    async def story(self, staff: Staff, form: Form) -> Response:
        """Show what changes while one looks: the page asks for it whenever something has happened."""
        return await self._shown(staff, form, "staff/operated_story.html")

    async def pace(self, staff: Staff, form: Form) -> Response:
        """Show how many refunds came and went of late, how long their stages took, and how each gateway fared."""
        lately = form["of"] if form["of"] in _SPANS else "day"
        since = (clock.now() - _SPANS[lately]).isoformat()
        report = await staff.api.get("/v1/reports/refunds", **{"from": since})
        gateways = await staff.api.get("/v1/reports/gateways", **{"from": since})
        stages = [(stage, report["times"][stage]) for stage in _STAGES if report["times"][stage]["count"]]
        known = {"report": report, "gateways": gateways["items"], "lately": lately, "spans": list(_SPANS)}
        return show(self._pages, staff, "staff/pace.html", stages=stages, seconds=_seconds, **known)

    async def _shown(self, staff: Staff, _: Form, template: str) -> Response:
        refund_id = staff.id("refund_id")
        return show(
            self._pages,
            staff,
            template,
            refund=await staff.refund(refund_id),
            workflow=await staff.api.get(address("/v1/refunds/{}/workflow", refund_id)),
            live=address("/v1/refunds/{}/events", refund_id),
        )


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
