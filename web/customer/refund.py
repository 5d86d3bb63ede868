"""The refund's page: its story as it happens, and what the customer can say to it."""

import re
import secrets

from starlette.responses import Response

from domain.lifecycle import RefundStatus
from web.calling import Json, Refused, address
from web.customer import pictures
from web.customer.door import VisitingCustomer
from web.customer.faults import refusal
from web.customer.story import story_of
from web.forms import Form
from web.pages import Pages

_CAN_BE_CANCELLED = (
    RefundStatus.IN_REVIEW,
    RefundStatus.AWAITING_RETURN,
    RefundStatus.IN_TRANSIT,
    RefundStatus.INSPECTING,
)
_IS_SENT = (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT)


class RefundPages:
    """Shows a refund, and takes what its customer says."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, customer: VisitingCustomer, form: Form) -> Response:
        return await self._shown(customer, form)

    async def story(self, customer: VisitingCustomer, form: Form) -> Response:
        """Show what changes while one looks: the page asks for it whenever something has happened."""
        return await self._shown(customer, form, template="customer/story.html")

    async def send(self, customer: VisitingCustomer, form: Form) -> Response:
        said = {"carrier": form["carrier"], "tracking_number": form["tracking_number"]}
        lacking = {name: customer.visit.t("entry.needed") for name, value in said.items() if not value}
        if lacking:
            return await self._shown(customer, form.with_faults(lacking), status=422)
        return await self._say(customer, form, "shipment", said, at="tracking_number")

    async def cancel(self, customer: VisitingCustomer, form: Form) -> Response:
        return await self._say(customer, form, "cancel", {}, at="cancel")

    async def add_evidence(self, customer: VisitingCustomer, form: Form) -> Response:
        """Take pictures and links; what is fit of them waits where something else is not."""
        form = await pictures.keep(customer, form)
        pieces = [*pictures.evidence(form), *re.split(r"\s+", form["evidence"])]
        said = {"evidence": [each for each in pieces if each], "note": form["note"]}
        if not said["evidence"] and not form.faults:
            form = form.with_faults({pictures.FIELD: customer.visit.t("pictures.choose")})
        if form.faults:
            return await self._shown(customer, form, status=422)
        return await self._say(customer, form, "evidence", said, at=pictures.FIELD)

    async def give_feedback(self, customer: VisitingCustomer, form: Form) -> Response:
        if form["score"] not in {"1", "2", "3", "4", "5"}:
            return await self._shown(
                customer, form.with_faults({"score": customer.visit.t("refund.stars_needed")}), status=422
            )
        said = {"score": int(form["score"]), "comment": form["comment"]}
        return await self._say(customer, form, "feedback", said, at="score")

    async def _say(self, customer: VisitingCustomer, form: Form, what: str, said: Json, *, at: str) -> Response:
        """Say something to the API; a fault is shown at the field it is about, with all that was typed."""
        path = address("/v1/refunds/{}/" + what, customer.refund)
        try:
            await customer.visit.api.post(path, said, idempotency_key=form.asked_once if form["asking"] else "")
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            if refused.code == "idempotency_key_reused":
                return self._back(customer)  # this form was sent already, and with it other files of the same pictures
            wrong = {_field(pointer, at): customer.visit.t("entry.not_understood") for pointer in refused.errors}
            faults = wrong or {at: refusal(customer.visit.t, refused)}
            return await self._shown(customer, form.with_faults(faults), status=refused.status)
        return self._back(customer)

    def _back(self, customer: VisitingCustomer) -> Response:
        return self._pages.go_to(
            customer.visit, customer.at("/pages/refunds/{}", customer.refund, order=customer.order)
        )

    async def _shown(
        self, customer: VisitingCustomer, form: Form, *, status: int = 200, template: str = "customer/refund.html"
    ) -> Response:
        api = customer.visit.api
        refund = await api.get(address("/v1/refunds/{}", customer.refund), locale=customer.visit.t.language)
        order = await _order_of(customer, refund)
        told = await api.get(address("/v1/refunds/{}/messages", customer.refund))
        stands = RefundStatus(refund["status"])
        shown, links = pictures.shown_of(refund["evidence"])
        return self._pages.show(
            customer.visit,
            template,
            status=status,
            time_zone=order["time_zone"],
            refund=refund,
            story=story_of(refund),
            order=order,
            messages=told["items"],
            messages_forgotten_at=told["forgotten_at"],
            origin=_origin(customer),
            names={line["line_id"]: line["name"] for line in order["lines"]},
            coupons={each["coupon_id"]: each for each in order["coupons"]},
            can_be_cancelled=stands in _CAN_BE_CANCELLED,
            can_be_sent=stands in _IS_SENT and refund["return"] is not None,
            wants_evidence=stands is RefundStatus.IN_REVIEW,
            wanted=_wanted(refund),
            evidence=shown,
            links=links,
            pictures=pictures.kept(form),
            is_over=stands.is_final,
            asking=secrets.token_urlsafe(12),
            form=form,
            customer=customer,
            live=address("/v1/refunds/{}/events", customer.refund),
            own_story=customer.at("/pages/refunds/{}/story", customer.refund, order=customer.order),
        )


async def _order_of(customer: VisitingCustomer, refund: Json) -> Json:
    """Return the order, for the names of its lines; who got it as a gift reads the refund, and not the order."""
    try:
        return await customer.visit.api.get(address("/v1/orders/{}/page", refund["order_id"]))
    except Refused as refused:
        if refused.is_about_the_key:
            raise
        return {"order_id": None, "lines": [], "coupons": [], "time_zone": "UTC"}


def _origin(customer: VisitingCustomer) -> str:
    """Where this site is, for whoever opens something of it on another device."""
    url = customer.visit.request.url
    return f"{url.scheme}://{url.netloc}"


def _wanted(refund: Json) -> list[str]:
    """What the reviewer has asked for, where that was said last."""
    review = refund["review"]
    return review["evidence_wanted"] if review and review["decision"] == "request_evidence" else []


def _field(pointer: str, at: str) -> str:
    name = pointer.split("/")[1] if pointer.count("/") else at
    return name or at
