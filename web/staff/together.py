"""Several approved together: what is safe is previewed, its total is confirmed, and each is approved by itself.

What is safe the API says, and each approval is a word like any other, in the name of whoever says it: limits, four eyes
and who is at a review are judged there for each.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup
from starlette.responses import Response

from domain.rights.review import Decision
from web.calling import Json, Refused, address
from web.forms import Form
from web.pages import Pages
from web.staff.door import Staff, show
from web.staff.refusals import refusal

_MOST = 50
_PICK = "pick:"


class Became(StrEnum):
    """What became of one that was to be approved with others."""

    APPROVED = "approved"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PickOutcome:
    """refund: as the preview has it, or as it is by now. why: what the API said against it."""

    refund: Json
    became: Became
    why: Markup = Markup("")


class Together:
    """Shows what is safe to be approved together, and has it approved."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def preview(self, staff: Staff, _: Form) -> Response:
        safe = await _safe(staff)
        return show(self._pages, staff, "staff/together.html", safe=safe, as_picked=_as_picked, is_none_picked=False)

    async def confirm(self, staff: Staff, form: Form) -> Response:
        """Repeat what those come to that were picked; what changed since the preview is not among them."""
        safe = await _safe(staff)
        picked = _picked(form)
        if not picked:
            filled = {"safe": safe, "as_picked": _as_picked, "is_none_picked": True}
            return show(self._pages, staff, "staff/together.html", status=422, **filled)
        chosen = [each for each in safe["items"] if picked.get(each["refund_id"]) == _as_picked(each)]
        sums: Counter[str] = Counter()
        for each in chosen:
            sums[each["currency"]] += each["total"]
        return show(
            self._pages,
            staff,
            "staff/together_confirmed.html",
            chosen=chosen,
            sums=sorted(sums.items()),
            changed=len(picked) - len(chosen),
            as_picked=_as_picked,
            asking=secrets.token_urlsafe(12),
        )

    async def approve(self, staff: Staff, form: Form) -> Response:
        """Approve one after the other, and say of each what became of it."""
        by_id = {each["refund_id"]: each for each in (await _safe(staff))["items"]}
        outcomes = []
        for refund_id, expected in _picked(form).items():
            refund = by_id.get(refund_id)
            if refund is None or _as_picked(refund) != expected:
                outcomes.append(await _as_it_is(staff, refund_id))
            else:
                outcomes.append(await _approved(staff, refund, f"{form.asked_once}-{refund_id}"))
        return show(self._pages, staff, "staff/together_done.html", outcomes=outcomes)


async def _safe(staff: Staff) -> Json:
    return await staff.api.get("/v1/reviews/safe", limit=_MOST)


def _as_picked(refund: Json) -> str:
    """What a form says of a refund that is picked: the amount that was read."""
    return f"{refund['total']} {refund['currency']}"


def _picked(form: Form) -> dict[str, str]:
    """Return what was picked, by its refund."""
    names = [name for name in form.values if name.startswith(_PICK)]
    return {name.removeprefix(_PICK): form[name] for name in names[:_MOST]}


async def _approved(staff: Staff, refund: Json, key: str) -> PickOutcome:
    path = address("/v1/refunds/{}/review", refund["refund_id"])
    try:
        await staff.api.post(path, {"decision": Decision.APPROVE.value}, idempotency_key=key)
    except Refused as refused:
        if refused.is_about_the_key:
            raise
        return PickOutcome(refund, Became.REFUSED, refusal(staff.visit.t, refused))
    return PickOutcome(refund, Became.APPROVED)


async def _as_it_is(staff: Staff, refund_id: str) -> PickOutcome:
    """Say how it is with what is not safe as it was read: it may be approved by now, as where a form came twice."""
    refund = await staff.refund(refund_id)
    is_approved = (refund["review"] or {}).get("decision") == Decision.APPROVE
    return PickOutcome(refund, Became.APPROVED if is_approved else Became.CHANGED)
