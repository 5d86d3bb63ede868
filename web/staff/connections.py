"""What an owner connects: where the merchant's systems are told what happens, and accounts at payment providers."""

import secrets
from datetime import timedelta

from starlette.responses import Response

from domain import clock
from domain.merchant_events import MerchantEvent
from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.refusals import refusal

_LATELY = timedelta(days=30)
_OVERLAPS = ("PT0S", "PT24H", "P7D")


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
        said = {
            "url": form["url"],
            "event_types": [each.value for each in MerchantEvent if form[f"event.{each.value}"]],
        }
        try:
            made = await staff.api.put(address("/v1/webhook-endpoints/{}", name), said)
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

    async def rotate_secret(self, staff: Staff, form: Form) -> Response:
        name = staff.id("endpoint_id")
        overlap = form["overlap"] if form["overlap"] in _OVERLAPS else _OVERLAPS[1]
        path, asking = address("/v1/webhook-endpoints/{}/secret", name), f"page-{form['asking'][:64]}"
        try:
            made = await staff.api.post(path, {"overlap": overlap}, idempotency_key=asking)
        except Refused as refused:
            return await self._webhooks_refused(staff, form, refused, at=f"of.{name}")
        return await self._webhooks(staff, Form(), made=made)

    async def _webhooks_refused(self, staff: Staff, form: Form, refused: Refused, *, at: str) -> Response:
        if refused.is_about_the_key or refused.status == 404:
            raise refused
        faults: dict[str, object] = {pointer.split("/")[1]: detail for pointer, detail in refused.errors.items()}
        faults = faults if at == "add" and faults else {at: refusal(staff.visit.t, refused)}
        return await self._webhooks(staff, form.with_faults(faults), status=refused.status)

    async def _webhooks(self, staff: Staff, form: Form, *, status: int = 200, made: Json | None = None) -> Response:
        return show(
            self._pages,
            staff,
            "staff/webhooks.html",
            status=status,
            endpoints=(await staff.api.get("/v1/webhook-endpoints"))["items"],
            events=[each.value for each in MerchantEvent],
            overlaps=_OVERLAPS,
            asking=secrets.token_urlsafe(12),
            made=made if made and made["secret"] else None,
            done=form["done"] == "changed",
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
            values = {**{name: changed[name] for name in ("gateway_id", "adapter", "account", "base_address")}}
            form = Form({**values, **form.values}, form.faults)
        return show(
            self._pages,
            staff,
            "staff/gateways.html",
            status=status,
            gateways=known["items"],
            adapters=[each["adapter"] for each in known["adapters"]],
            needs=_needs(known, form["adapter"]),
            kept=form["gateway_id"] in {each["gateway_id"] for each in known["items"]},
            fared={each["gateway"]: each for each in fared["items"]},
            done=form["done"] == "told",
            form=form,
        )


def _needs(known: Json, adapter: str) -> list[str]:
    return next((each["secrets"] for each in known["adapters"] if each["adapter"] == adapter), [])


def _field_of(pointer: str) -> str:
    pieces = pointer.strip("/").split("/")
    return f"secret.{pieces[1]}" if pieces[0] == "secrets" and len(pieces) > 1 else pieces[0]
