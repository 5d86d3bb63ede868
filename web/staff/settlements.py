"""Operations: what providers' settlement reports say of refunds, and where our ledger says something else."""

from starlette.responses import Response

from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show


class SettlementReportPages:
    """Shows the newest reports, and what differs by now: of all of them, or of one."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        reports = (await staff.api.get("/v1/settlement-reports"))["items"]
        chosen = next((each for each in reports if each["report_id"] == form["report"]), None)
        asked = {"report_id": chosen["report_id"]} if chosen else {}
        differing = await staff.api.get("/v1/settlement-reports/differences", **asked)
        return show(
            self._pages,
            staff,
            "staff/settlements.html",
            reports=reports,
            names={each["report_id"]: each["name"] for each in reports},
            chosen=chosen,
            differing=differing["items"],
        )
