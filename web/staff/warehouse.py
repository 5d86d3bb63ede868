"""The warehouse: a number is scanned, what has come is received, and inspected unit by unit."""

import secrets
from collections import Counter
from functools import partial

from markupsafe import Markup
from starlette.responses import Response

from domain.claims.parcel_notes import NotedOf
from domain.lifecycle import RefundStatus
from web.calling import Json, Refused, address
from web.customer import pictures
from web.forms import Form, SentFile
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.found import Found, NotCounted, count_of, each_unit, is_by_unit
from web.staff.refusals import refusal

_TO_INSPECT = 30
_RESULTS = ("received", "inspected", "lost", "shared")
_BESIDES = (NotedOf.SOMETHING_ELSE.value, NotedOf.MORE_THAN_ANNOUNCED.value)


class Warehouse:
    """Finds returns by their RMA, and takes what the warehouse says of them."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        """Ask for a number; a scanner types it and presses Enter."""
        if not form["rma"]:
            return await self._asking(staff, form)
        try:
            found = await staff.api.get("/v1/refunds", rma=form["rma"][:40], limit=1)
        except Refused as refused:
            if refused.status != 422:
                raise
            return await self._asking(staff, form.with_faults({"rma": staff.visit.t("warehouse.no_rma")}), status=422)
        if not found["items"]:
            return await self._asking(staff, form.with_faults({"rma": staff.visit.t("warehouse.unknown")}), status=404)
        return self._to(staff, found["items"][0]["refund_id"])

    async def show_refund(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form)

    async def receive(self, staff: Staff, form: Form) -> Response:
        """Say that all has come that was announced, or the numbers that were typed."""
        said: Json = {}
        if form["how"] == "part":
            goods = await self._goods(staff)
            try:
                counted = [
                    (line["line_id"], count_of(form[f"came:{place}"])) for place, line in enumerate(goods["lines"])
                ]
            except NotCounted:
                wrong = {"receipt": staff.visit.t("warehouse.not_a_number")}
                return await self._shown(staff, form.with_faults(wrong), status=422)
            said["lines"] = [{"line_id": line_id, "quantity": count} for line_id, count in counted if count != 0]
            if not said["lines"]:
                wrong = {"receipt": staff.visit.t("warehouse.nothing_came")}
                return await self._shown(staff, form.with_faults(wrong), status=422)
        refused = await self._say(staff, form, "receipt", said)
        if refused is not None:
            return refused
        about = form["besides"] if form["besides"] in set(NotedOf) else ""
        if about == NotedOf.SHARED_PARCEL:
            await self._note(staff, form, {"about": about})
            return self._pages.go_to(staff.visit, "/pages/warehouse?done=shared")
        return self._to(staff, staff.id("refund_id"), f"received&about={about}" if about else "received")

    async def lose(self, staff: Staff, form: Form) -> Response:
        answer = await self._say(staff, form, "loss", {"note": form["note"]})
        return answer or self._pages.go_to(staff.visit, "/pages/warehouse?done=lost")

    async def inspect(self, staff: Staff, form: Form) -> Response:
        """Say what was found: all as new, unit by unit, or that something else was in the parcel."""
        said: Json = {}
        form = await pictures.keep_each(staff.visit.api, form, partial(_unfit, staff))
        if form["how"] != "all":
            found, fault = _found(form, await self._goods(staff))
            faults = {"inspection": staff.visit.t.of("warehouse.fault", fault)} if fault else dict(form.faults)
            if faults:
                return await self._shown(staff, form.with_faults(faults), status=422)
            said["lines"] = found
        refused = await self._say(staff, form, "inspection", said)
        if refused is not None:
            return refused
        if note := _parcel_note(form):
            await self._note(staff, form, note)
        return self._pages.go_to(staff.visit, "/pages/warehouse?done=inspected")

    async def _note(self, staff: Staff, form: Form, note: Json) -> None:
        """Write down what was found besides the units: the units are said by then, so it can't be refused for those."""
        path = address("/v1/refunds/{}/parcel-notes", staff.id("refund_id"))
        await staff.api.post(path, note, idempotency_key=f"{form.asked_once}-note")

    async def _say(self, staff: Staff, form: Form, what: str, said: Json) -> Response | None:
        """Say something to the API; what it refuses is shown with all that was typed, else None is returned."""
        path = address("/v1/refunds/{}/" + what, staff.id("refund_id"))
        try:
            await staff.api.post(path, said, idempotency_key=form.asked_once)
        except Refused as refused:
            if refused.is_about_no_field:
                raise
            faults = {what: refusal(staff.visit.t, refused)}
            return await self._shown(staff, form.with_faults(faults), status=refused.status)
        return None

    async def _goods(self, staff: Staff) -> Json:
        return await staff.api.get(address("/v1/refunds/{}/goods", staff.id("refund_id")))

    def _to(self, staff: Staff, refund_id: str, done: str = "") -> Response:
        at = address("/pages/warehouse/refunds/{}", refund_id)
        return self._pages.go_to(staff.visit, f"{at}?done={done}" if done else at)

    async def _asking(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        waiting = await staff.api.get("/v1/refunds", status=RefundStatus.INSPECTING.value, limit=_TO_INSPECT)
        done = form["done"] if form["done"] in _RESULTS else ""
        known = {"form": form, "waiting": waiting["items"], "done": done}
        return show(self._pages, staff, "staff/warehouse.html", status=status, **known)

    async def _shown(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        goods = await self._goods(staff)
        stands = RefundStatus(goods["status"])
        return show(
            self._pages,
            staff,
            "staff/parcel.html",
            status=status,
            goods=goods,
            lines=list(enumerate(goods["lines"])),
            is_expected=any(line["expected"] for line in goods["lines"]) and stands is not RefundStatus.INSPECTING,
            is_to_inspect=stands is RefundStatus.INSPECTING,
            is_by_unit=is_by_unit(goods["lines"]) and not goods["next_lines"],
            each_unit=each_unit,
            founds=list(Found),
            is_unexpected=form["about"] in _BESIDES or form["how"] == "unexpected",
            about=form["about"] if form["about"] in _BESIDES else _BESIDES[0],
            besides=_BESIDES,
            shared=NotedOf.SHARED_PARCEL.value,
            kept=pictures.kept(form),
            is_received=form["done"] == "received",
            asking=secrets.token_urlsafe(12),
            form=form,
        )


def _found(form: Form, goods: Json) -> tuple[list[Json], str]:
    """Read what was found, line by line, and which fault there is in what was said."""
    if form["how"] == "unexpected" and not form["note"]:
        return [], "note_needed"
    try:
        read = _as_announced if form["how"] == "unexpected" else _by_unit
        found = [read(form, place, line) for place, line in enumerate(goods["lines"]) if line["received"]]
    except NotCounted:
        return [], "not_counted"
    return found, ""


def _parcel_note(form: Form) -> Json | None:
    """Return what is written down of the parcel besides its units, with its pictures."""
    shown = pictures.evidence(form)
    if form["how"] == "unexpected":
        about = form["about"] if form["about"] in _BESIDES else _BESIDES[0]
        return {"about": about, "note": form["note"], "evidence": shown}
    return {"about": NotedOf.INSPECTION.value, "evidence": shown} if shown else None


def _unfit(staff: Staff, file: SentFile, refused: Refused) -> Markup:
    """Say what is wrong with a file, as customers are told: who works here needs no more of it."""
    t = staff.visit.t
    has = t.has("pictures.unfit", refused.code)
    return t.of("pictures.unfit", refused.code, name=file.name) if has else refusal(t, refused)


def _by_unit(form: Form, place: int, line: Json) -> Json:
    """Read a choice for each unit of a line; raises NotCounted where one has none."""
    chosen = Counter(form[f"unit:{place}:{number}"] for number in each_unit(line))
    if chosen.keys() - set(Found):
        raise NotCounted
    new, lesser = chosen[Found.AS_NEW], chosen[Found.LESSER]
    other, refused = chosen[Found.SOMETHING_ELSE], chosen[Found.REFUSED]
    put = [{"quantity": new, "disposition": "restock"}, {"quantity": lesser, "disposition": "damaged"}]
    found: Json = {"line_id": line["line_id"], "accepted": new + lesser, "rejected": other + refused}
    found |= {"stock": [each for each in put if each["quantity"]], "note": form["note"]}
    if other or refused:
        found["disposition"] = "wrong_item" if other else "refused"
    return found


def _as_announced(form: Form, place: int, line: Json) -> Json:
    """Read how many units of a line are what was announced; whatever came in place of the others is refused."""
    count = count_of(form[f"right:{place}"])
    received = line["received"]
    if not isinstance(count, int) or not isinstance(received, int) or count > received:
        raise NotCounted
    found: Json = {"line_id": line["line_id"], "accepted": count, "rejected": received - count}
    if count < received:
        found |= {"disposition": "wrong_item", "note": form["note"]}
    return found
