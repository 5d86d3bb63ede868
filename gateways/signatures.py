"""Signing and verifying webhooks as Standard Webhooks says, with several secrets while one replaces another."""

from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from domain import clock


class BadSignature(Exception):
    """Nobody we know signed this, or it is too old or too new."""


def sign(secret: str, webhook_id: str, body: str) -> dict[str, str]:
    """Return the headers that prove who sent `body`."""
    return sign_by_each((secret,), webhook_id, body)


def sign_by_each(secrets: Sequence[str], webhook_id: str, body: str) -> dict[str, str]:
    """Return the headers with a signature by each secret: who knows any of them is content."""
    now = clock.of_this_machine()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(webhook_id, now, body) for secret in secrets),
    }


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Accept what any of the secrets signed within five minutes of now; raises BadSignature."""
    if not any(_is_signed_by(secret, headers, body) for secret in secrets):
        raise BadSignature


def _is_signed_by(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: a signature or a body that cannot even be read
        return False
    return True
