"""The policy as a form: changed, tried on past refunds, and saved as it was tried."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from domain import clock
from domain.rights.review_table import Fact
from web.calling import Json, Refused
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.policy_draft import (
    TABLE,
    Draft,
    FieldChange,
    changes,
    draft_of,
    put_together,
    typed_of,
    usual,
    value_of,
)
from web.staff.policy_fields import FIELDS, GROUPS
from web.staff.policy_kinds import UNITS, NotReadable, ValueReader
from web.staff.policy_table import HOWS, RowShown, rows_shown, rows_typed, with_room
from web.staff.refusals import refusal
from web.written import Writing

_PATH = "/v1/policy"
_DAYS = ("30", "90", "365")
_LISTED = 20
_PATIENCE_S = 20.0
"""A page that takes longer is worse than one that says how to ask for less."""


class PolicyEditor:
    """Shows the policy, tries a draft of it, and saves what was tried."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, staff: Staff, form: Form) -> Response:
        known = await staff.api.get(_PATH)
        rows = rows_shown(value_of(known, TABLE))
        return self._shown(staff, known, Form(typed_of(known)), rows=rows, done=form["done"] == "saved")

    async def try_out(self, staff: Staff, form: Form) -> Response:
        """Say what a draft changes, and what it would have meant for past refunds."""
        known = await staff.api.get(_PATH)
        return await self._tried(staff, known, form)

    async def save(self, staff: Staff, form: Form) -> Response:
        """Save what was tried; a draft that was changed since is tried first."""
        known = await staff.api.get(_PATH)
        draft = draft_of(known, form.values)
        if draft.wrong or draft.digest != form["tried"] or form["version"] != str(known["version"]):
            return await self._tried(staff, known, form, was_changed=bool(form["tried"]))
        try:
            await staff.api.put(_PATH, {**draft.document, "version": known["version"]})
        except Refused as refused:
            if refused.status == 409:
                return await self._tried(staff, await staff.api.get(_PATH), form)
            return self._refused(staff, known, form, draft, refused)
        return self._pages.go_to(staff.visit, "/pages/operations/policy?done=saved")

    async def _tried(self, staff: Staff, known: Json, form: Form, *, was_changed: bool = False) -> Response:
        draft = draft_of(known, form.values)
        if draft.wrong:
            return self._shown(staff, known, form.with_faults(_unread(staff, draft.wrong)), status=422)
        if form["version"] != str(known["version"]):
            return self._saved_meanwhile(staff, known, form, draft)
        days = form["days"] if form["days"] in _DAYS else _DAYS[1]
        try:
            trial = await _simulated(staff, draft.document, int(days))
        except Refused as refused:
            return self._refused(staff, known, form, draft, refused)
        changed = changes(known, draft.document)
        return self._shown(staff, known, form, draft=draft, trial=trial, changed=changed, was_changed=was_changed)

    def _refused(self, staff: Staff, known: Json, form: Form, draft: Draft, refused: Refused) -> Response:
        """Show what the API refuses where it was typed; what it can't place stands above."""
        if refused.is_about_the_key or refused.status != 422:
            raise refused
        faults: dict[str, object] = {}
        for pointer, detail in refused.errors.items():
            name = draft.name_of(pointer) or "all"
            faults[name] = Markup("{} {}").format(faults[name], detail) if name in faults else detail
        faults = faults or {"all": refusal(staff.visit.t, refused)}
        return self._shown(staff, known, form.with_faults(faults), status=422)

    def _saved_meanwhile(self, staff: Staff, known: Json, form: Form, draft: Draft) -> Response:
        """Put both people's changes together, and say at each field that both changed what the other saved."""
        t, reader = staff.visit.t, _reader(staff)
        together = put_together(_began_with(form, known), known, draft.document)
        faults = {
            each.field.name: t("policy.both_changed", value=each.field.kind.said(each.after, reader))
            for each in together.both
        }
        shown = Form({**typed_of(together.document), "days": form["days"]}, faults)
        return self._shown(
            staff, known, shown, rows=rows_shown(value_of(together.document, TABLE)), taken=together.taken, status=409
        )

    def _shown(
        self,
        staff: Staff,
        known: Json,
        form: Form,
        *,
        rows: Sequence[RowShown] | None = None,
        status: int = 200,
        draft: Draft | None = None,
        trial: Json | None = None,
        changed: Sequence[FieldChange] = (),
        taken: Sequence[FieldChange] | None = None,
        was_changed: bool = False,
        done: bool = False,
    ) -> Response:
        defaults = usual()
        return show(
            self._pages,
            staff,
            "staff/policy.html",
            status=status,
            known=known,
            base=json.dumps({name: value for name, value in known.items() if name != "version"}, ensure_ascii=False),
            form=form,
            groups=GROUPS,
            usual={each.name: each.kind.said(value_of(defaults, each), _reader(staff)) for each in FIELDS},
            rows=with_room(rows_typed(form.values) if rows is None else rows),
            facts=list(Fact),
            hows=HOWS,
            units=list(UNITS),
            days=_DAYS,
            draft=draft,
            trial=trial,
            changed=changed,
            taken=taken,
            was_changed=was_changed,
            reader=_reader(staff),
            done=done,
        )


def _reader(staff: Staff) -> ValueReader:
    return ValueReader(staff.visit.t, Writing(staff.visit.t.language, str(staff.caller["time_zone"])))


def _unread(staff: Staff, wrong: Mapping[str, NotReadable]) -> dict[str, object]:
    return {name: staff.visit.t.of("policy.fault", fault.why, said=fault.said) for name, fault in wrong.items()}


def _began_with(form: Form, known: Json) -> Json:
    """Return the policy that the form was made of, as the form says; what is no policy is as good as none."""
    try:
        base = json.loads(form["base"])
        changes(base, known)
    except (ValueError, TypeError, LookupError, AttributeError):
        return known
    return dict(base)


async def _simulated(staff: Staff, document: Json, days: int) -> Json | None:
    """Try a draft on the refunds of so many days; None where that would take too long."""
    asked: dict[str, Any] = {
        "policy": document,
        "settled_from": (clock.now() - timedelta(days=days)).isoformat(),
        "listed_at_most": _LISTED,
    }
    try:
        async with asyncio.timeout(_PATIENCE_S):
            lines = await staff.api.post_for_lines("/v1/policy/simulation", asked)
    except TimeoutError:
        return None
    *refunds, summary = lines
    return {**summary, "listed": refunds}
