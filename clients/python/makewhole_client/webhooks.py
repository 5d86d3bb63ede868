"""Verify what makewhole posts to a merchant's endpoint, as Standard Webhooks says.

verifier = WebhookVerifier("whsec_…")
event = verifier.verify(request.body, request.headers)
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from pydantic import ValidationError

from makewhole_client.clock import now
from makewhole_client.errors import NotUnderstood, WebhookRefused
from makewhole_client.models import EndpointDisabledEvent, MerchantEvent, RefundEvent, RiskAlertEvent

TOLERANCE_S = 300.0

_OF_NO_REFUND: Mapping[str, type[EndpointDisabledEvent] | type[RiskAlertEvent]] = {
    MerchantEvent.WEBHOOK_ENDPOINT_DISABLED: EndpointDisabledEvent,
    MerchantEvent.RISK_ALERT_RAISED: RiskAlertEvent,
}

_VERSION, _PREFIX = "v1", "whsec_"


class WebhookVerifier:
    """The secrets of one endpoint. While one is replaced give both: a webhook is signed by each."""

    def __init__(self, *secrets: str, tolerance_s: float = TOLERANCE_S) -> None:
        """Take the secrets as `PUT /v1/webhook-endpoints/…` showed them, `whsec_…`. Raises ValueError."""
        if not secrets:
            raise ValueError("a verifier needs a secret at least")
        self._keys = [_key(each) for each in secrets]
        self._tolerance_s = tolerance_s

    def verify(
        self, body: bytes | str, headers: Mapping[str, str]
    ) -> RefundEvent | EndpointDisabledEvent | RiskAlertEvent:
        """Return the event, if the webhook is makewhole's and of now; `body` as it came, not parsed and written again.

        It may come more than once: skip an `event_id` that you have. Raises WebhookRefused, and NotUnderstood for an
        event that this version of the client can't read although it is signed well.
        """
        content = body.encode() if isinstance(body, str) else body
        self.check(content, headers)
        try:
            kind = _OF_NO_REFUND.get(json.loads(content).get("type"), RefundEvent)
            return kind.model_validate_json(content)
        except (ValueError, AttributeError, ValidationError) as error:
            raise NotUnderstood(f"a webhook is signed well and is no event that is known here: {error}") from error

    def check(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Return the `webhook-id` of a webhook that is signed well, whatever it says. Raises WebhookRefused."""
        said = {name.lower(): value for name, value in headers.items()}
        name, at = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
        if not name or not (at.isascii() and at.isdigit() and len(at) < 20):
            raise WebhookRefused("it names no webhook-id, or no webhook-timestamp in seconds")
        if abs(now() - int(at)) > self._tolerance_s:
            raise WebhookRefused(f"it was signed more than {self._tolerance_s:g} s away from now")
        if not self._is_signed(b".".join([name.encode(), at.encode(), body]), said.get("webhook-signature", "")):
            raise WebhookRefused("no signature in it is by one of the secrets")
        return name

    def _is_signed(self, content: bytes, signatures: str) -> bool:
        """Compare each signature with that of each secret, all of them in the same time."""
        right = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in self._keys]
        given = [
            value.encode()
            for version, _, value in (each.partition(",") for each in signatures.split())
            if version == _VERSION
        ]
        return any([hmac.compare_digest(each, ours) for each in given for ours in right])  # noqa: C419 - no shortcut


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is `whsec_` and base64") from error
    if not key:
        raise ValueError("a webhook secret is `whsec_` and base64")
    return key
