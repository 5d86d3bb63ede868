"""The door: an order's number and the e-mail address or phone it was bought with, then the code that came there."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web import visitors
from web.calling import Refused, address
from web.customer import ceremony
from web.customer.faults import refusal
from web.forms import Form, read_form
from web.pages import Pages, Visit
from web.visitors import TOKEN_FIELD, Visitor

ASKED = "__Host-makewhole-asked"
"""The name of the code that this browser asked for: whoever has it may guess at that code."""

LINK = "link"
"""The field with what a link of the shop hands over."""

_CODE_LASTS_S = 600
_SESSION_LASTS_S = 1800


class Entry:
    """Asks for a code, and opens a session with it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: Request) -> Response:
        visit = self._pages.visit(request, visitors.customer(request))
        return self._asking(visit, Form({name: request.query_params.get(name, "") for name in _WANTED}))

    async def ask_for_code(self, request: Request) -> Response:
        visit, form = await self._sent(request)
        if lacking := _lacking(visit, form, "merchant", "order", "contact"):
            return self._asking(visit, form.with_faults(lacking), status=422)
        body = {"merchant_id": form["merchant"], "order_id": form["order"], "contact": form["contact"]}
        try:
            asked = await visit.api.post("/v1/identity/codes", body)
        except Refused as refused:
            return self._asking(visit, form.with_faults(_of_fields(visit, refused)), status=refused.status)
        answer = self._pages.go_to(visit, f"/pages/code?{_wanted(form)}")
        visitors.remember(answer, ASKED, asked["code_id"], _CODE_LASTS_S)
        return answer

    async def show_code(self, request: Request) -> Response:
        visit = self._pages.visit(request, visitors.customer(request))
        form = Form({name: request.query_params.get(name, "") for name in _WANTED})
        if not visitors.cookie(request, ASKED):
            return self._pages.go_to(visit, f"/pages/?{_wanted(form)}")
        return self._guessing(visit, form)

    async def open_session(self, request: Request) -> Response:
        visit, form = await self._sent(request)
        code = "".join(form["code"].split())
        try:
            said = {"code_id": visitors.cookie(request, ASKED) or "none", "code": code}
            opened = await visit.api.post("/v1/identity/sessions", said)
        except Refused as refused:
            fault = visit.t("entry.six_digits") if refused.errors else refusal(visit.t, refused)
            return self._guessing(visit, form.with_faults({"code": fault}), status=refused.status)
        answer = self._let_in(visit, form, opened["key"])
        visitors.forget(answer, ASKED)
        return answer

    async def enter_by_key(self, request: Request) -> Response:
        """Let in who has a key for customers, which merchants give to those whom they know already."""
        visit, form = await self._sent(request)
        if lacking := _lacking(visit, form, "key", *_whereto(form)):
            return self._asking(visit, form.with_faults(lacking), status=422)
        asked = self._pages.visit(request, Visitor(visit.visitor.browser, form["key"]))
        wanted = ("/v1/refunds/{}", form["refund"]) if form["refund"] else ("/v1/orders/{}/page", form["order"])
        try:
            await asked.api.get(address(*wanted))
        except Refused as refused:
            return self._asking(visit, form.with_faults({"key": visit.t("entry.wrong_key")}), status=refused.status)
        return self._let_in(visit, form, form["key"])

    async def challenge(self, request: Request) -> Response:
        """Have the page's script ask the device for a passkey of this site: whoever asks, it is the same."""
        visit, form = await self._sent(request)
        nobody = self._pages.visit(request, Visitor(visit.visitor.browser, ""))
        return await ceremony.challenge_for(visit, nobody.api, form["merchant"])

    async def enter_by_passkey(self, request: Request) -> Response:
        visit, form = await self._sent(request)
        if lacking := _lacking(visit, form, *_whereto(form)):
            return self._asking(visit, form.with_faults(lacking), status=422)
        try:
            opened = await visit.api.post("/v1/identity/sessions", ceremony.answered(form))
        except Refused as refused:
            wrong = {ceremony.FIELD: ceremony.fault(visit, refused)}
            return self._asking(visit, form.with_faults(wrong), status=refused.status)
        return self._let_in(visit, form, opened["key"])

    async def show_link(self, request: Request) -> Response:
        """Ask whoever has a link of the shop to go on: what only looks ahead at links does not use it up."""
        visit = self._pages.visit(request, visitors.customer(request))
        form = Form({name: request.query_params.get(name, "") for name in (*_WANTED, LINK)})
        return self._pages.show(visit, "customer/link.html", form=form)

    async def enter_by_link(self, request: Request) -> Response:
        visit, form = await self._sent(request)
        code_id, _, code = form[LINK].partition(".")
        try:
            opened = await visit.api.post("/v1/identity/sessions", {"code_id": code_id or "none", "code": code})
        except Refused as refused:
            is_over = refused.errors or refused.code == "wrong_code"
            fault = visit.t("entry.link_is_over") if is_over else refusal(visit.t, refused)
            return self._asking(visit, form.with_faults({LINK: fault}), status=refused.status)
        return self._let_in(visit, form, opened["key"])

    async def leave(self, request: Request) -> Response:
        visit, _ = await self._sent(request)
        if visit.visitor.key:
            await visit.api.raw("DELETE", "/v1/identity/sessions")
        answer = self._pages.go_to(visit, "/pages/")
        visitors.forget(answer, visitors.CUSTOMER)
        return answer

    async def _sent(self, request: Request) -> tuple[Visit, Form]:
        visit = self._pages.visit(request, visitors.customer(request))
        form = await read_form(request)
        visit.check_form(form[TOKEN_FIELD])
        return visit, form

    def _let_in(self, visit: Visit, form: Form, key: str) -> Response:
        answer = self._pages.go_to(visit, _behind_the_door(form))
        visitors.remember(answer, visitors.CUSTOMER, key, _SESSION_LASTS_S)
        return answer

    def _asking(self, visit: Visit, form: Form, *, status: int = 200) -> Response:
        is_shop_known = bool(visit.request.query_params.get("merchant"))
        return self._pages.show(visit, "customer/entry.html", status=status, form=form, is_shop_known=is_shop_known)

    def _guessing(self, visit: Visit, form: Form, *, status: int = 200) -> Response:
        return self._pages.show(visit, "customer/code.html", status=status, form=form, again=f"/pages/?{_wanted(form)}")


def to_the_door(merchant: str, order: str, refund: str = "") -> str:
    """Return where somebody proves who they are, and comes back from to what they wanted to see."""
    return f"/pages/?{_wanted(Form({'merchant': merchant, 'order': order, 'refund': refund}))}"


_WANTED = ("merchant", "order", "refund")


def _wanted(form: Form) -> str:
    return urlencode({name: form[name] for name in _WANTED if form[name]})


def _whereto(form: Form) -> tuple[str, ...]:
    """Which field has to say what somebody wants to see, whom no code has to reach: none, where their link says it."""
    return () if form["refund"] else ("order",)


def _lacking(visit: Visit, form: Form, *names: str) -> dict[str, object]:
    return {name: visit.t("entry.needed") for name in names if not form[name]}


def _behind_the_door(form: Form) -> str:
    shop = urlencode({"merchant": form["merchant"]})
    if form["refund"]:
        return f"{address('/pages/refunds/{}', form['refund'])}?{shop}&{urlencode({'order': form['order']})}"
    return f"{address('/pages/orders/{}', form['order'])}?{shop}"


_FIELDS = {"/merchant_id": "merchant", "/order_id": "order", "/contact": "contact"}


def _of_fields(visit: Visit, refused: Refused) -> dict[str, object]:
    wrong = {_FIELDS[pointer]: visit.t("entry.not_understood") for pointer in refused.errors if pointer in _FIELDS}
    return {**wrong} or {"contact": refusal(visit.t, refused)}
