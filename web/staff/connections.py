"""What an owner connects: where the merchant's systems are told what happens, and accounts at payment providers."""

import secrets
from datetime import timedelta

import httpx
from starlette.responses import Response

from domain import clock
from domain.merchant_events import MerchantEvent
from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.refusals import refusal
from web.staff.typed import whole_number

_LATELY = timedelta(days=30)
_DONE = ("changed", "removed")
OVERLAPS = ("PT0S", "PT24H", "P7D")
LIMITS = ("within_days", "most_refunds", "seconds_between")


class Connections:
    """Lists, adds and changes them. A secret is shown in the answer that makes it, and in none after."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show_webhooks(self, staff: Staff, form: Form) -> Response:
        return await self._webhooks(staff, form)

    async def add_webhook(self, staff: Staff, form: Form) -> Response:
        """Make an endpoint; what there is by that name already is not changed unseen."""
        name, t = form["endpoint_id"], staff.visit.t
        known = await staff.api.get("/v1/webhook-endpoints")
        if not name or name in {each["endpoint_id"] for each in known["items"]}:
            taken = form.with_faults({"endpoint_id": t("connections.name_needed")})
            return await self._webhooks(staff, taken, status=422)
        try:
            made = await staff.api.put(address("/v1/webhook-endpoints/{}", name), _endpoint(form))
        except Refused as refused:
            return await self._webhooks_refused(staff, form, refused, at="add")
        return await self._webhooks(staff, Form(), made=made)

    async def switch_webhook(self, staff: Staff, form: Form) -> Response:
        """Have an endpoint told, or not told, any more."""
        name = staff.id("endpoint_id")
        path = address("/v1/webhook-endpoints/{}", name)
        known = await staff.api.get(path)
        said = {"url": known["url"], "event_types": known["event_types"], "enabled": form["enabled"] == "yes"}
        try:
            await staff.api.put(path, said)
        except Refused as refused:
            return await self._webhooks_refused(staff, form, refused, at=f"of.{name}")
        return self._pages.go_to(staff.visit, "/pages/operations/webhooks?done=changed")

    async def change_webhook(self, staff: Staff, form: Form) -> Response:
        """Tell an endpoint's address and events anew; whether it is enabled stays."""
        name = staff.id("endpoint_id")
        path = address("/v1/webhook-endpoints/{}", name)
        known = await staff.api.get(path)
        try:
            await staff.api.put(path, {**_endpoint(form), "enabled": known["enabled"]})
        except Refused as refused:
            return await self._webhooks_refused(staff, form.with_values(change=name), refused, at="add")
        return self._pages.go_to(staff.visit, "/pages/operations/webhooks?done=changed")

    async def remove_webhook(self, staff: Staff, _: Form) -> Response:
        """Forget an endpoint; whoever does so twice has done so."""
        try:
            await staff.api.delete(address("/v1/webhook-endpoints/{}", staff.id("endpoint_id")))
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
        return self._pages.go_to(staff.visit, "/pages/operations/webhooks?done=removed")

    async def rotate_secret(self, staff: Staff, form: Form) -> Response:
        name = staff.id("endpoint_id")
        overlap = form["overlap"] if form["overlap"] in OVERLAPS else OVERLAPS[1]
        path, asking = address("/v1/webhook-endpoints/{}/secret", name), form.asked_once
        try:
            made = await staff.api.post(path, {"overlap": overlap}, idempotency_key=asking)
        except Refused as refused:
            return await self._webhooks_refused(staff, form, refused, at=f"of.{name}")
        return await self._webhooks(staff, Form(), made=made)

    async def _webhooks_refused(self, staff: Staff, form: Form, refused: Refused, *, at: str) -> Response:
        if refused.is_about_no_field:
            raise refused
        faults: dict[str, object] = {pointer.split("/")[1]: detail for pointer, detail in refused.errors.items()}
        faults = faults if at == "add" and faults else {at: refusal(staff.visit.t, refused)}
        return await self._webhooks(staff, form.with_faults(faults), status=refused.status)

    async def _webhooks(self, staff: Staff, form: Form, *, status: int = 200, made: Json | None = None) -> Response:
        known = (await staff.api.get("/v1/webhook-endpoints"))["items"]
        changed = next((each for each in known if each["endpoint_id"] == form["change"]), None)
        if changed and "url" not in form.values:
            told = {f"event.{each}": "yes" for each in changed["event_types"]}
            form = form.with_values(url=changed["url"], **told)
        return show(
            self._pages,
            staff,
            "staff/webhooks.html",
            status=status,
            endpoints=known,
            changed=changed,
            events=[each.value for each in MerchantEvent],
            overlaps=OVERLAPS,
            asking=secrets.token_urlsafe(12),
            made=made if made and made["secret"] else None,
            done=form["done"] if form["done"] in _DONE else "",
            form=form,
        )

    async def show_gateways(self, staff: Staff, form: Form) -> Response:
        return await self._gateways(staff, form)

    async def put_gateway(self, staff: Staff, form: Form) -> Response:
        """Tell an account; a secret that is left empty stays as it is."""
        known = await staff.api.get("/v1/gateways")
        told = {name: form[f"secret.{name}"] for name in _needs(known, form["adapter"]) if form[f"secret.{name}"]}
        said = {"adapter": form["adapter"], "account": form["account"], "secrets": told}
        if form["base_address"]:
            said["base_address"] = form["base_address"]
        said["limits"] = {name: whole_number(form[f"limits.{name}"]) for name in LIMITS}
        if not form["gateway_id"]:
            named = form.with_faults({"gateway_id": staff.visit.t("connections.name_needed")})
            return await self._gateways(staff, named, status=422)
        try:
            await staff.api.put(address("/v1/gateways/{}", form["gateway_id"]), said)
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            faults: dict[str, object] = {_field_of(pointer): detail for pointer, detail in refused.errors.items()}
            wrong = form.with_faults(faults or {"all": refusal(staff.visit.t, refused)})
            return await self._gateways(staff, wrong, status=refused.status)
        return self._pages.go_to(staff.visit, "/pages/operations/gateways?done=told")

    async def _gateways(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        known = await staff.api.get("/v1/gateways")
        since = (clock.now() - _LATELY).isoformat()
        fared = await staff.api.get("/v1/reports/gateways", **{"from": since})
        changed = next((each for each in known["items"] if each["gateway_id"] == form["change"]), None)
        if changed:
            values = {name: changed[name] for name in ("gateway_id", "adapter", "account", "base_address")}
            form = Form({**values, **_contract(known, changed), **form.values}, form.faults)
        return show(
            self._pages,
            staff,
            "staff/gateways.html",
            status=status,
            gateways=known["items"],
            adapters=[each["adapter"] for each in known["adapters"]],
            needs=_needs(known, form["adapter"]),
            limits=LIMITS,
            says=_adapter(known, form["adapter"])["limits"],
            kept=form["gateway_id"] in {each["gateway_id"] for each in known["items"]},
            fared={each["gateway"]: each for each in fared["items"]},
            done=form["done"] == "told",
            form=form,
        )


def _endpoint(form: Form) -> Json:
    events = [each.value for each in MerchantEvent if form[f"event.{each.value}"]]
    return {"url": form["url"], "event_types": events}


def _adapter(known: Json, name: str) -> Json:
    nothing: Json = {"secrets": [], "limits": dict.fromkeys(LIMITS)}
    return next((each for each in known["adapters"] if each["adapter"] == name), nothing)


def _needs(known: Json, adapter: str) -> list[str]:
    needs: list[str] = _adapter(known, adapter)["secrets"]
    return needs


def _contract(known: Json, account: Json) -> dict[str, str]:
    """Return the limits in which an account is not as its provider says, as the form has them."""
    says = _adapter(known, account["adapter"])["limits"]
    own = {name: value for name, value in account["limits"].items() if value != says[name]}
    return {f"limits.{name}": str(value) for name, value in own.items()}


def _field_of(pointer: str) -> str:
    pieces = pointer.strip("/").split("/")
    kind = {"secrets": "secret", "limits": "limits"}.get(pieces[0])
    return f"{kind}.{pieces[1]}" if kind and len(pieces) > 1 else pieces[0]
