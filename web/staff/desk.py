"""The reviewer's desk: what is due first, one refund with all that bears on it, and the decision."""

import secrets
from collections.abc import Mapping

from markupsafe import Markup
from starlette.responses import Response

from domain.claims.reasons import Reason
from domain.explain.endings import EvidenceWanted, RejectionReason
from domain.money.currencies import DECIMALS
from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.due import due
from web.staff.pictures import pictures_and_links
from web.staff.refusals import refusal
from web.staff.speed import speed
from web.staff.typed import NotAnAmount, minor_units

_RISKS = ("30", "50", "70")
_PAGE = 50
_PAST = 8
_DIGITS = 7


class Desk:
    """Shows the queue and each refund of it, and takes decisions."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        asked, faults = _asked(staff, form)
        queue = await staff.api.get("/v1/reviews", limit=_PAGE, **asked)
        return show(
            self._pages,
            staff,
            "staff/desk.html",
            form=form.with_faults(faults),
            queue=queue,
            rows=[(each, due(each["due_at"])) for each in queue["items"]],
            reasons=list(Reason),
            currencies=_currencies(queue, form),
            risks=_RISKS,
            is_narrowed=bool(asked),
            done=form["done"] if form["done"] in _SAID.values() else "",
        )

    async def show_speed(self, staff: Staff, _: Form) -> Response:
        """Say how fast answers come; the page asks for it once it is there, so that nobody waits for it."""
        return show(self._pages, staff, "staff/speed.html", speed=await speed(staff))

    async def begin(self, staff: Staff, _: Form) -> Response:
        """Take the first that nobody is at."""
        return await self._next(staff, done="", besides="")

    async def show_refund(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form)

    async def show_news(self, staff: Staff, form: Form) -> Response:
        """Say whether something has happened since the page was opened: it asks whenever its events say so."""
        refund_id = staff.id("refund_id")
        refund = await staff.refund(refund_id)
        seen = int(form["seen"]) if form["seen"].isdecimal() and len(form["seen"]) < _DIGITS else 0
        at = address("/pages/desk/refunds/{}", refund_id)
        return show(self._pages, staff, "staff/news.html", is_news=len(refund["timeline"]) > seen, at=at)

    async def take(self, staff: Staff, form: Form) -> Response:
        path = address("/v1/reviews/{}/assignment", staff.id("refund_id"))
        try:
            await staff.api.put(path, {})
        except Refused as refused:
            return await self._again(staff, form, "take", refused)
        return self._to(staff, staff.id("refund_id"))

    async def put_back(self, staff: Staff, _: Form) -> Response:
        await staff.api.delete(address("/v1/reviews/{}/assignment", staff.id("refund_id")))
        return self._pages.go_to(staff.visit, "/pages/desk")

    async def decide(self, staff: Staff, form: Form) -> Response:
        refund_id, decision = staff.id("refund_id"), form["decision"]
        said: Json = {"decision": decision, "note": form["note"]}
        if decision == "reject":
            if form["reason_code"] not in set(RejectionReason):
                return await self._shown(
                    staff, form.with_faults({"reason_code": staff.visit.t("desk.reason_needed")}), status=422
                )
            said["reason_code"] = form["reason_code"]
        if decision == "request_evidence":
            said["evidence_wanted"] = [each for each in EvidenceWanted if form[f"wanted_{each}"]]
        path = address("/v1/refunds/{}/review", refund_id)
        try:
            await staff.api.post(path, said, idempotency_key=form.asked_once)
        except Refused as refused:
            return await self._again(staff, form, "decision", refused)
        return await self._next(staff, done=_SAID.get(decision, ""), besides=refund_id)

    async def _again(self, staff: Staff, form: Form, at: str, refused: Refused) -> Response:
        """Show the refund as it is by now, with what was typed, and why not."""
        if refused.is_about_no_field:
            raise refused
        return await self._shown(staff, form.with_faults({at: refusal(staff.visit.t, refused)}), status=refused.status)

    async def _next(self, staff: Staff, *, done: str, besides: str) -> Response:
        """Take what is due next and free, and go there; to the queue where there is none."""
        queue = await staff.api.get("/v1/reviews", limit=_PAGE)
        for each in queue["items"]:
            at_it = each["assignment"]
            if each["refund_id"] == besides or (at_it and not at_it["is_yours"]):
                continue
            try:
                await staff.api.put(address("/v1/reviews/{}/assignment", each["refund_id"]), {})
            except Refused as refused:
                if refused.status != 409:
                    raise
            else:
                return self._to(staff, each["refund_id"], done)
        return self._pages.go_to(staff.visit, f"/pages/desk?done={done}" if done else "/pages/desk")

    def _to(self, staff: Staff, refund_id: str, done: str = "") -> Response:
        at = address("/pages/desk/refunds/{}", refund_id)
        return self._pages.go_to(staff.visit, f"{at}?done={done}" if done else at)

    async def _shown(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        api, refund_id = staff.api, staff.id("refund_id")
        refund = await staff.refund(refund_id)
        goods = await api.get(address("/v1/refunds/{}/goods", refund_id))
        review = await _review_of(staff, refund_id)
        pictures, links = pictures_and_links(refund["evidence"])
        return show(
            self._pages,
            staff,
            "staff/review.html",
            status=status,
            refund=refund,
            review=review,
            pictures=pictures,
            links=links,
            left=due(review["due_at"]) if review else None,
            names={line["line_id"]: line["name"] or line["sku"] or line["line_id"] for line in goods["lines"]},
            past=await _past(staff, refund),
            precedents=await api.get(address("/v1/reviews/{}/precedents", refund_id)),
            rejections=list(RejectionReason),
            evidence=list(EvidenceWanted),
            live=address("/v1/refunds/{}/events", refund_id),
            asking=secrets.token_urlsafe(12),
            done=form["done"] if form["done"] in _SAID.values() else "",
            form=form,
        )


_SAID = {"approve": "approved", "reject": "rejected", "request_evidence": "asked"}


async def _review_of(staff: Staff, refund_id: str) -> Json | None:
    """Return how it stands in the queue; None for what waits for nobody (any more)."""
    try:
        return await staff.api.get(address("/v1/reviews/{}", refund_id))
    except Refused as refused:
        if refused.status != 409:
            raise
        return None


async def _past(staff: Staff, refund: Json) -> list[Json]:
    """The customer's other refunds, the newest first; a guest is known by the order alone."""
    whose = {"customer_id": refund["customer_id"]} if refund["customer_id"] else {"order_id": refund["order_id"]}
    found = await staff.api.get("/v1/refunds", limit=_PAST + 1, **whose)
    return [each for each in found["items"] if each["refund_id"] != refund["refund_id"]][:_PAST]


def _asked(staff: Staff, form: Form) -> tuple[Json, Mapping[str, Markup]]:
    """Read by what the queue is narrowed, and what of it can't be read."""
    asked: Json = {}
    faults: dict[str, Markup] = {}
    if form["reason"] in set(Reason):
        asked["reason"] = form["reason"]
    if form["risk"] in _RISKS:
        asked["risk_from"] = int(form["risk"])
    if form["currency"] in DECIMALS:
        asked["currency"] = form["currency"]
    for name in ("amount_from", "amount_to"):
        if not form[name]:
            continue
        try:
            asked[name] = minor_units(form[name], asked["currency"])
        except KeyError:
            faults[name] = staff.visit.t("desk.currency_needed")
        except NotAnAmount:
            faults[name] = staff.visit.t("desk.not_an_amount")
    return asked | form.goes_on, faults


def _currencies(queue: Json, form: Form) -> list[str]:
    shown = {each["currency"] for each in queue["items"]}
    return sorted(shown | ({form["currency"]} if form["currency"] in DECIMALS else set()))
