"""Ids in a path: `/v1/orders/INV%2F2026%2F1` names the order `INV/2026/1`."""

import re
from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from pydantic import BeforeValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from api.schemas.common import Id, Reference

_SLASH = "\ufdd0"
"""Stands for an escaped slash while the path is cut into pieces: no character, so no id holds one."""

_BROKEN = "\ufffd"


_OPENS = re.compile("(/v1/(?:labels|sign-in|webhooks/[^/]+)/.{6}).+", re.DOTALL)
"""What begins so is opened by whoever has the address: a label, a sign-in, what a provider tells."""


def told(path: str) -> str:
    """Write a path for the log, which has no more than the beginning of what opens something."""
    return _OPENS.sub(r"\1...", path)


class EscapedSlashes:
    """Keeps a slash that the caller escaped apart from those between the pieces of a path.

    Servers unescape a path before it is cut into pieces. Here it is cut first, so that no id can lead to another route.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"%2f" in scope.get("raw_path", b"").lower():
            pieces = scope["raw_path"].split(b"?")[0].decode("latin-1").split("/")
            scope = {**scope, "path": "/".join(_piece(piece) for piece in pieces)}
        await self._app(scope, receive, send)


def _piece(escaped: str) -> str:
    return unquote(escaped).replace(_SLASH, _BROKEN).replace("/", _SLASH)


def _with_slashes(value: object) -> object:
    return value.replace(_SLASH, "/") if isinstance(value, str) else value


_PathId = Annotated[Id, BeforeValidator(_with_slashes)]
_PathReference = Annotated[Reference, BeforeValidator(_with_slashes)]
BulkId = Annotated[_PathId, Path(description="makewhole's id of the bulk of refunds, `blk_…`")]
AuditSequence = Annotated[_PathId, Path(description="the entry's number in the merchant's chain")]
CampaignId = Annotated[_PathId, Path(description="the merchant's id of the campaign")]
ChargeRef = Annotated[_PathReference, Path(description="the provider's name of the charge, as in `gateway_ref`")]
CouponId = Annotated[_PathId, Path(description="the merchant's id of the coupon")]
CustomerId = Annotated[_PathId, Path(description="the merchant's id of the customer")]
OrderId = Annotated[_PathId, Path(description="the merchant's id of the order; a slash in it is written `%2F`")]
RefundId = Annotated[_PathId, Path(description="makewhole's id of the refund, `rf_…`")]
TrackingNumber = Annotated[_PathId, Path(description="the carrier's number of the parcel")]
CarrierId = Annotated[_PathId, Path(description="what the merchant calls the carrier")]
LabelName = Annotated[_PathId, Path(description="the label, as in its `label_url`; it may end with `.pdf` or `.zpl`")]
GatewayId = Annotated[_PathId, Path(description="what payments name the gateway by")]
KeyId = Annotated[_PathId, Path(description="what an API key is called, `key_…`")]
PasskeyId = Annotated[_PathId, Path(description="what a passkey is called, `pky_…`")]
MerchantToken = Annotated[_PathId, Path(description="the token of the account, as in its `callback_path`")]
ReportId = Annotated[_PathId, Path(description="makewhole's id of the settlement report, `sr_…`")]
Source = Annotated[_PathId, Path(description="who sends the webhook, for example `sandbox`")]
EndpointId = Annotated[_PathId, Path(description="the merchant's name of the webhook endpoint")]
SystemId = Annotated[_PathId, Path(description="the merchant's name of the system")]
ProviderId = Annotated[_PathId, Path(description="what the merchant calls the identity provider")]
SessionId = Annotated[_PathId, Path(description="what a staff session is called, `sst_…`")]
SignInToken = Annotated[_PathId, Path(description="the provider's token, as in its `sign_in_path`")]
EvidenceId = Annotated[_PathId, Path(description="makewhole's id of the picture, `ev_…`")]
EventId = Annotated[_PathId, Path(description="makewhole's id of the webhook event, `evt_…`")]
AlertId = Annotated[_PathId, Path(description="makewhole's id of the risk alert, `ra_…`")]
