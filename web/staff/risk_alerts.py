"""Operations: what refunds show together and none shows alone, and who has seen it."""

from starlette.responses import Response

from web.calling import address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show

_PAGE = 20
_STANDS = ("open", "acknowledged")


class RiskAlerts:
    """Shows alerts with the refunds behind them, and takes that somebody has seen one."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        stands = form["status"] if form["status"] in _STANDS else _STANDS[0]
        asked = form.goes_on
        alerts = await staff.api.get("/v1/risk-alerts", status=stands, limit=_PAGE, **asked)
        return show(
            self._pages,
            staff,
            "staff/risk_alerts.html",
            alerts=alerts,
            stands=stands,
            statuses=_STANDS,
            done=form["done"] == "seen",
        )

    async def acknowledge(self, staff: Staff, form: Form) -> Response:
        path = address("/v1/risk-alerts/{}/acknowledgement", staff.id("alert_id"))
        await staff.api.post(path, {"note": form["note"]})
        return self._pages.go_to(staff.visit, "/pages/operations/alerts?done=seen")
