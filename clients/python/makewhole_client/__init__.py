"""The client of makewhole, a refund service: `Makewhole` and `AsyncMakewhole`, and the verification of its webhooks."""

from makewhole_client.aio.client import AsyncMakewhole
from makewhole_client.blocking.client import Makewhole
from makewhole_client.patience import Patience
from makewhole_client.webhooks import WebhookVerifier

__all__ = ["AsyncMakewhole", "Makewhole", "Patience", "WebhookVerifier"]
