"""What passes between the API and a device that has passkeys: by the page's script there, by its form back."""

import json

from markupsafe import Markup
from starlette.responses import JSONResponse, PlainTextResponse, Response

from web.calling import AsVisitor, Json, Refused
from web.customer.faults import refusal
from web.forms import Form
from web.pages import Visit
from web.security import OF_PAGES

FIELD = "passkey"
"""Where a form says what is wrong with a passkey."""


async def challenge_for(visit: Visit, api: AsVisitor, merchant: str) -> Response:
    """Answer the script what it hands to the device; where there is nothing, a sentence that it shows."""
    try:
        return JSONResponse(
            await api.post("/v1/identity/passkeys/options", {"merchant_id": merchant}), headers=dict(OF_PAGES)
        )
    except Refused as refused:
        return PlainTextResponse(fault(visit, refused).unescape(), refused.status, headers=dict(OF_PAGES))


def answered(form: Form) -> Json:
    """Read what the device gave, as the script wrote it into the form."""
    try:
        credential = json.loads(form["credential"])
    except ValueError:
        credential = None
    return {"challenge_id": form["challenge_id"], "credential": credential if isinstance(credential, dict) else {}}


def fault(visit: Visit, refused: Refused) -> Markup:
    if visit.t.has("passkeys.unfit", refused.code):
        return visit.t.of("passkeys.unfit", refused.code)
    return refusal(visit.t, refused)
