"""Pictures as evidence: given to the API when a form brings them, and shown back to those whose they are."""

import re
from collections.abc import Callable
from functools import partial

from starlette.responses import Response

from web.calling import AsVisitor, Refused, address
from web.customer.door import VisitingCustomer
from web.customer.faults import refusal
from web.forms import MOST_FILES, Form, SentFile
from web.security import OF_FILES

FIELD = "pictures"
"""The field in which pictures are chosen, and at which is said what is wrong with them."""

KEPT = "kept"
"""The field that carries those which are kept already, from step to step."""

LEAVE_OUT = "leave_out:"
"""Begins the name of the field that says that one of them is not meant."""

_REFERENCE = "mw-evidence:"
_ID = re.compile("ev_[0-9a-f]{32}")


def kept(form: Form) -> list[str]:
    """Return the ids of the pictures that a form is about."""
    return [each for each in dict.fromkeys(_ID.findall(form[KEPT])) if not form[LEAVE_OUT + each]]


def evidence(form: Form) -> list[str]:
    """Return them as the API is told of them."""
    return [_REFERENCE + each for each in kept(form)]


def shown_of(pieces: list[str]) -> tuple[list[str], list[str]]:
    """Take evidence apart: ids of pictures that are kept here, and links."""
    ids = [each.removeprefix(_REFERENCE) for each in pieces if each.startswith(_REFERENCE)]
    return ids, [each for each in pieces if not each.startswith(_REFERENCE)]


async def keep(customer: VisitingCustomer, form: Form) -> Form:
    """Have the pictures of a form kept; those that are none are said at their field, the others are not lost."""
    if len(kept(form)) + len(form.files) > MOST_FILES:
        return form.with_faults({**form.faults, FIELD: customer.visit.t("pictures.too_many", most=MOST_FILES)})
    return await keep_each(customer.visit.api, form, partial(_fault, customer))


async def keep_each(api: AsVisitor, form: Form, fault: Callable[[SentFile, Refused], object]) -> Form:
    """Have each file of a form kept; fault: says what is wrong with the first that is none."""
    ids, faults = kept(form), dict(form.faults)
    for file in form.files:
        try:
            ids.append((await api.send("/v1/evidence", file.content))["evidence_id"])
        except Refused as refused:
            if refused.is_about_the_key:
                raise
            faults.setdefault(FIELD, fault(file, refused))
    return Form({**form.values, KEPT: " ".join(ids)}, faults)


def _fault(customer: VisitingCustomer, file: SentFile, refused: Refused) -> object:
    t = customer.visit.t
    if t.has("pictures.unfit", refused.code):
        return t.of("pictures.unfit", refused.code, name=file.name)
    return refusal(t, refused)


async def show(customer: VisitingCustomer, _: Form) -> Response:
    """Give a picture to a page that shows it: asked for with the visitor's own key, each time."""
    answer = await customer.visit.api.raw("GET", address("/v1/evidence/{}", customer.id("evidence_id")))
    if not answer.is_success:
        return Response(status_code=answer.status_code, headers=OF_FILES)
    told = {name: answer.headers[name] for name in ("content-type", "content-disposition")}
    return Response(answer.content, headers={**OF_FILES, **told})
