"""Operations: what needs attention, why, and what can be done about it; what merchants' systems were told."""

import secrets

from starlette.responses import Response

from domain.lifecycle import RefundStatus
from domain.merchant_events import MerchantEvent
from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.refusals import refusal

_PAGE = 50
_ACTIONS = ("retry", "settle", "failed", "skip")
"""What is a resolution; what else can be answered is for reviewers and the warehouse, on their own pages."""

_DELIVERED = ("pending", "delivered", "failed")
_EVENTS_OF = ("order_id", "refund_id", "endpoint_id")


class Operations:
    """Shows calls for help and takes what operations decided."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form)

    async def resolve(self, staff: Staff, form: Form) -> Response:
        """Answer a call for help; a note says what was done, for the audit trail."""
        refund_id, t = staff.id("refund_id"), staff.visit.t
        if form["action"] not in _ACTIONS:
            return await self._shown(staff, form, status=422)
        if not form["note"]:
            return await self._shown(staff, form.with_faults({refund_id: t("operations.note_needed")}), status=422)
        said: Json = {"step": form["step"], "action": form["action"], "note": form["note"]}
        if form["payment_id"]:
            said["payment_id"] = form["payment_id"]
        if form["action"] == "settle" and form["reference"]:
            said["reference"] = form["reference"]
        path = address("/v1/refunds/{}/resolution", refund_id)
        try:
            await staff.api.post(path, said, idempotency_key=form.asked_once)
        except Refused as refused:
            return await self._again(staff, form, refund_id, refused)
        return self._pages.go_to(staff.visit, "/pages/operations?done=resolved")

    async def show_events(self, staff: Staff, form: Form) -> Response:
        return await self._events(staff, form)

    async def redeliver(self, staff: Staff, form: Form) -> Response:
        event_id = staff.id("event_id")
        said = {"endpoint_id": form["endpoint_id"]} if form["endpoint_id"] else {}
        path = address("/v1/webhook-events/{}/redelivery", event_id)
        try:
            await staff.api.post(path, said, idempotency_key=form.asked_once)
        except Refused as refused:
            if refused.is_about_no_field:
                raise
            wrong = {event_id: refusal(staff.visit.t, refused)}
            return await self._events(staff, form.with_faults(wrong), status=refused.status)
        return self._pages.go_to(staff.visit, "/pages/operations/events?done=sent")

    async def reconcile(self, staff: Staff, _: Form) -> Response:
        """Compare the books now, and say what does not agree."""
        found = await staff.api.get("/v1/operations/reconciliation")
        return show(self._pages, staff, "staff/reconciliation.html", found=found)

    async def _again(self, staff: Staff, form: Form, at: str, refused: Refused) -> Response:
        if refused.is_about_no_field:
            raise refused
        wrong = {at: refusal(staff.visit.t, refused)}
        return await self._shown(staff, form.with_faults(wrong), status=refused.status)

    async def _shown(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        stands = RefundStatus.NEEDS_ATTENTION.value
        asked = form.goes_on
        found = await staff.api.get("/v1/refunds", status=stands, limit=_PAGE, **asked)
        return show(
            self._pages,
            staff,
            "staff/operations.html",
            status=status,
            found=found,
            actions=_ACTIONS,
            refund_id=staff.visit.request.path_params.get("refund_id", ""),
            asking=secrets.token_urlsafe(12),
            done=form["done"] == "resolved",
            form=form,
        )

    async def _events(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        asked = form.goes_on
        asked |= {name: form[name] for name in _EVENTS_OF if form[name]}
        if form["status"] in _DELIVERED:
            asked["status"] = form["status"]
        if form["type"] in set(MerchantEvent):
            asked["type"] = form["type"]
        events = await staff.api.get("/v1/webhook-events", limit=_PAGE, **asked)
        return show(
            self._pages,
            staff,
            "staff/events.html",
            status=status,
            events=events,
            statuses=_DELIVERED,
            types=[each.value for each in MerchantEvent],
            about=_EVENTS_OF,
            asked={name: value for name, value in asked.items() if name != "cursor"},
            asking=secrets.token_urlsafe(12),
            done=form["done"] == "sent",
            form=form,
        )
