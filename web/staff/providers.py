"""Where a merchant's staff sign in: an owner tells identity providers, and who of those they know comes in as what."""

import re
from collections.abc import Sequence

import httpx
from starlette.responses import Response

from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import ROLES, Staff, show
from web.staff.refusals import refusal

HERE = "/pages/operations/sign-in"
_TOLD = ("issuer", "client_id", "address")
_ROLE, _PERSON = ("claim", "value", "role"), ("person", "subject", "email")
_LISTS = {"roles": "role", "people": "person"}
_EMPTY_ROWS = 2
_DONE = ("told", "removed")
_ROW = re.compile(r"(role|person)\.(\d{1,4})\.(?:claim|value|person|subject|email)")


class ProviderPages:
    """Lists identity providers, tells and forgets them. The client's secret is never shown."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        return await self._shown(staff, form)

    async def put(self, staff: Staff, form: Form) -> Response:
        """Tell a provider; one that is there already is changed only where its own form says so."""
        known = (await staff.api.get("/v1/identity-providers"))["items"]
        name = form["change"] or form["provider_id"]
        if not name or (not form["change"] and name in {each["provider_id"] for each in known}):
            named = form.with_faults({"provider_id": staff.visit.t("connections.name_needed")})
            return await self._shown(staff, named, status=422)
        roles, people = _rows(form, "role"), _rows(form, "person")
        kept = next((_untyped(each) for each in known if each["provider_id"] == name), {})
        try:
            await staff.api.put(address("/v1/identity-providers/{}", name), _said(form, roles, people) | kept)
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            places = {"role": roles, "person": people}
            faults: dict[str, object] = {_field(where, places): said for where, said in refused.errors.items()}
            wrong = form.with_faults(faults or {"all": refusal(staff.visit.t, refused)})
            return await self._shown(staff, wrong, status=refused.status)
        return self._pages.go_to(staff.visit, f"{HERE}?done=told")

    async def remove(self, staff: Staff, _: Form) -> Response:
        """Let nobody sign in there any more; whoever does so twice has done so."""
        try:
            await staff.api.delete(address("/v1/identity-providers/{}", staff.id("provider_id")))
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
        return self._pages.go_to(staff.visit, f"{HERE}?done=removed")

    async def _shown(self, staff: Staff, form: Form, *, status: int = 200) -> Response:
        known = (await staff.api.get("/v1/identity-providers"))["items"]
        changed = next((each for each in known if each["provider_id"] == form["change"]), None)
        if changed and "issuer" not in form.values:
            form = form.with_values(**_as_typed(changed))
        return show(
            self._pages,
            staff,
            "staff/providers.html",
            status=status,
            providers=known,
            changed=changed,
            roles=ROLES,
            role_rows=_with_empty(_rows(form, "role")),
            person_rows=_with_empty(_rows(form, "person")),
            done=form["done"] if form["done"] in _DONE else "",
            form=form,
        )


def _said(form: Form, roles: Sequence[int], people: Sequence[int]) -> Json:
    said: Json = {name: form[name] for name in _TOLD}
    said["roles"] = [{name: form[f"role.{place}.{name}"] for name in _ROLE} for place in roles]
    said["people"] = [_told(form, f"person.{place}", _PERSON) for place in people]
    said["email_domains"] = re.split(r"[\s,]+", form["email_domains"]) if form["email_domains"] else []
    return said | ({"client_secret": form["client_secret"]} if form["client_secret"] else {})


def _untyped(known: Json) -> Json:
    """Return what is told over HTTP alone: whoever changes the rest on the page leaves it as it is."""
    return {name: known[name] for name in ("required_claims", "signed_in_within")}


def _told(form: Form, row: str, names: Sequence[str]) -> Json:
    return {name: form[f"{row}.{name}"] for name in names if form[f"{row}.{name}"]}


def _rows(form: Form, kind: str) -> list[int]:
    """Return the rows in which something is written, by the number in the names of their fields."""
    found = (_ROW.fullmatch(name) for name, value in form.values.items() if value)
    return sorted({int(each[2]) for each in found if each and each[1] == kind})


def _with_empty(rows: Sequence[int]) -> list[int]:
    first = rows[-1] + 1 if rows else 0
    return [*rows, *range(first, first + _EMPTY_ROWS)]


def _as_typed(known: Json) -> dict[str, str]:
    """Return what is stored, as the form has it."""
    rows = {f"role.{place}.{name}": each[name] for place, each in enumerate(known["roles"]) for name in _ROLE}
    rows |= {
        f"person.{place}.{name}": each[name] or "" for place, each in enumerate(known["people"]) for name in _PERSON
    }
    return {name: known[name] for name in _TOLD} | rows | {"email_domains": "\n".join(known["email_domains"])}


def _field(pointer: str, places: dict[str, list[int]]) -> str:
    """Name the field that a fault of the API is about."""
    kind, _, rest = pointer.strip("/").partition("/")
    place, _, name = rest.partition("/")
    row = _LISTS.get(kind)
    if row is None or not name or not place.isdecimal() or int(place) >= len(places[row]):
        return kind
    return f"{row}.{places[row][int(place)]}.{name}"
