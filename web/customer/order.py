"""The order, and a refund of it in three steps: what, why, confirm."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import Response

from web.calling import Json, Refused, address
from web.customer import pictures
from web.customer.chosen import FIELD, Chosen, can_be_chosen, idempotency_key, new_asking, read_choice
from web.customer.door import VisitingCustomer
from web.customer.faults import refusal
from web.forms import Form
from web.pages import Pages
from web.texts import PageTexts


class OrderPages:
    """Shows an order, and asks for refunds of it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, customer: VisitingCustomer, form: Form) -> Response:
        """Show the order, with what is left of it to choose from: the first step."""
        return await self._choosing(customer, await self._read(customer, form), form)

    async def why(self, customer: VisitingCustomer, form: Form) -> Response:
        """Ask for the reason: the second step."""
        order = await self._read(customer, form)
        chosen = read_choice(customer.visit.t, order, form)
        if chosen.faults:
            return await self._choosing(customer, order, form.with_faults(chosen.faults), status=422)
        return self._reasoning(customer, order, chosen, form)

    async def quote(self, customer: VisitingCustomer, form: Form) -> Response:
        """Show beside the reason what the refund would come to; it is asked for whenever the choice changes."""
        order = await self._read(customer, form)
        chosen = read_choice(customer.visit.t, order, form)
        is_whole = form["reason"] and not chosen.faults
        quote, faults = (
            await _quoted(customer, chosen.request(customer.order, form)) if is_whole else (None, _NO_FAULTS)
        )
        return self._pages.show(
            customer.visit,
            "customer/quote.html",
            time_zone=order["time_zone"],
            order=order,
            names=_names(order),
            quote=quote,
            fault=faults.get("all"),
        )

    async def confirm(self, customer: VisitingCustomer, form: Form) -> Response:
        """Show what it comes to, and how, before anything is agreed: the third step."""
        order = await self._read(customer, form)
        chosen = read_choice(customer.visit.t, order, form)
        if chosen.faults:
            return await self._choosing(customer, order, form.with_faults(chosen.faults), status=422)
        form = await pictures.keep(customer, form)
        if not form["reason"]:
            form = form.with_faults({**form.faults, "reason": customer.visit.t("ask.reason_needed")})
        if form.faults:
            return self._reasoning(customer, order, chosen, form, status=422)
        quote, faults = await _quoted(customer, chosen.request(customer.order, form))
        if quote is None:
            return self._reasoning(customer, order, chosen, form.with_faults(faults), status=422)
        return self._confirming(customer, order, chosen, form, quote)

    async def ask(self, customer: VisitingCustomer, form: Form) -> Response:
        """Ask for the refund: once, however often the form is sent."""
        order = await self._read(customer, form)
        # What was left when the form was made counts: sent twice, there is less left, and it is the same request.
        request = read_sent(customer.order, order, form)
        try:
            key = idempotency_key(form["asking"], request)
            refund = await customer.visit.api.post("/v1/refunds", request, idempotency_key=key)
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            chosen = Chosen(_sent(order, form), is_everything=False)
            faults = _faults(customer.visit.t, refused)
            return self._reasoning(customer, order, chosen, form.with_faults(faults), status=refused.status)
        return self._pages.go_to(
            customer.visit, customer.at("/pages/refunds/{}", refund["refund_id"], order=customer.order)
        )

    async def appeal(self, customer: VisitingCustomer, form: Form) -> Response:
        """Say what speaks against it that one may not ask for refunds."""
        order = await self._read(customer, form)
        path = address("/v1/customers/{}/appeal", order["customer_id"] or "-")
        try:
            await customer.visit.api.post(path, {"note": form["appeal"]})
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            fault = customer.visit.t("entry.needed") if refused.errors else refusal(customer.visit.t, refused)
            chosen = read_choice(customer.visit.t, order, form)
            return self._reasoning(customer, order, chosen, form.with_faults({"all": fault}), status=refused.status)
        return self._pages.go_to(customer.visit, customer.at("/pages/orders/{}", customer.order, appealed="yes"))

    async def _read(self, customer: VisitingCustomer, form: Form) -> Json:
        """Read the order, of a very long one the page of lines that the form is about."""
        page = {"lines_cursor": form["lines_cursor"]} if form["lines_cursor"] else {}
        return await customer.visit.api.get(address("/v1/orders/{}/page", customer.order), **page)

    async def _choosing(self, customer: VisitingCustomer, order: Json, form: Form, *, status: int = 200) -> Response:
        refunds = await customer.visit.api.get("/v1/refunds", order_id=customer.order)
        return self._pages.show(
            customer.visit,
            "customer/order.html",
            status=status,
            time_zone=order["time_zone"],
            order=order,
            refunds=refunds["items"],
            possible={line["line_id"] for line in order["lines"] if can_be_chosen(line)},
            field=FIELD,
            form=_with_the_only_line(order, form),
            names=_names(order),
            coupons={each["coupon_id"]: each for each in order["coupons"]},
            customer=customer,
        )

    def _reasoning(
        self, customer: VisitingCustomer, order: Json, chosen: Chosen, form: Form, *, status: int = 200
    ) -> Response:
        return self._pages.show(
            customer.visit,
            "customer/why.html",
            status=status,
            time_zone=order["time_zone"],
            order=order,
            names=_names(order),
            chosen=chosen,
            reasons=_offered(customer.visit.t, order, chosen),
            pictures=pictures.kept(form),
            asking=form["asking"] or new_asking(),
            form=form,
            customer=customer,
        )

    def _confirming(self, customer: VisitingCustomer, order: Json, chosen: Chosen, form: Form, quote: Json) -> Response:
        offered = _offered(customer.visit.t, order, chosen)
        return self._pages.show(
            customer.visit,
            "customer/confirm.html",
            time_zone=order["time_zone"],
            order=order,
            names=_names(order),
            chosen=chosen,
            reason=next((each.name for each in offered if each.code == form["reason"]), form["reason"]),
            quote=quote,
            fault=None,
            pictures=pictures.kept(form),
            form=form,
            customer=customer,
        )


_NO_FAULTS: Mapping[str, object] = MappingProxyType({})

EVERYTHING = "everything"
"""The field that says that all that was left is meant, as it was shown."""


def read_sent(order_id: str, order: Json, form: Form) -> Json:
    """Read the request out of the form that was confirmed, without looking at what is left by now."""
    chosen = Chosen(_sent(order, form), is_everything=bool(form[EVERYTHING]))
    return chosen.request(order_id, form)


def _sent(order: Json, form: Form) -> dict[str, int | str]:
    by_text = {line["line_id"]: isinstance(line["quantity"], str) for line in order["lines"]}
    said = {name.removeprefix(FIELD): value for name, value in form.values.items() if name.startswith(FIELD)}
    return {
        line_id: int(value) if not by_text.get(line_id) and value.isdecimal() else value
        for line_id, value in said.items()
    }


async def _quoted(customer: VisitingCustomer, request: Json) -> tuple[Json | None, Mapping[str, object]]:
    """Return the quote, or what is in its way, by the field that it is about."""
    try:
        where = f"/v1/refunds/quote?{urlencode({'locale': customer.visit.t.language})}"
        return await customer.visit.api.post(where, request), _NO_FAULTS
    except Refused as refused:
        if refused.is_about_the_key:
            raise
        return None, _faults(customer.visit.t, refused)


def _faults(t: PageTexts, refused: Refused) -> dict[str, object]:
    if "/note" in refused.errors:
        return {"note": t("ask.note_unfit")}
    if any(pointer.startswith("/evidence") for pointer in refused.errors):
        return {pictures.FIELD: t("pictures.gone")}
    return {"all": refusal(t, refused)}


def _names(order: Json) -> dict[str, str]:
    return {line["line_id"]: line["name"] for line in order["lines"]}


def _with_the_only_line(order: Json, form: Form) -> Form:
    """Where there is one thing to give back, it is chosen already."""
    possible = [line for line in order["lines"] if can_be_chosen(line)]
    if len(possible) != 1 or any(name.startswith(FIELD) for name in form.values):
        return form
    (line,) = possible
    return Form({**form.values, FIELD + line["line_id"]: str(line["quantity_left"])}, form.faults)


@dataclass(frozen=True, slots=True)
class Offered:
    """A reason that can be given, in the visitor's words."""

    code: str
    name: str
    hint: str


def _offered(t: PageTexts, order: Json, chosen: Chosen) -> list[Offered]:
    """Return the reasons that can be given; those suggested for what was chosen come first."""
    lines = [line for line in order["lines"] if line["line_id"] in chosen.quantities]
    suggested = {code for line in lines for code in line["suggested_reasons"]}
    listed = sorted(order["reasons"], key=lambda each: each["reason"] not in suggested)
    return [Offered(each["reason"], _called(t, each), _hint(t, each)) for each in listed]


def _hint(t: PageTexts, reason: Json) -> str:
    return "" if reason["name"] else t.of("words.reason_hint", reason["reason"])


def _called(t: PageTexts, reason: Json) -> str:
    """Return the merchant's own name of a reason, in the visitor's language where there is one in it."""
    names = reason["name"]
    if not isinstance(names, dict):
        return names or t.of("words.reason", reason["reason"])
    language = t.language.split("-")[0]
    near = (name for known, name in names.items() if known.split("-")[0] == language)
    return str(names.get(t.language) or next(near, next(iter(names.values()))))
