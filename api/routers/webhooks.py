"""What providers tell us by webhook: signed, taken once, and acknowledged whatever order it comes in."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import Field, ValidationError

from api import problems
from api.access import HeaderText, Services, ServicesDep
from api.described import described, json_body
from api.paths import MerchantToken, Source
from api.schemas.common import Wire
from db import gateway_accounts, payouts, webhooks
from domain.payout.keys import POCKETS, joined
from gateways import registry, signatures
from gateways.ports import Callback, ProviderEvent
from gateways.sandbox.webhooks import SandboxWebhook
from service.gateway_accounts import opened
from temporal_client.payout_events import note_payout_event

router = APIRouter(tags=["webhooks"])


class WebhookOutcome(StrEnum):
    """`unknown_reference` is kept and acknowledged: it may be about something that is not ours."""

    TAKEN = "taken"
    REPEATED = "repeated"
    UNKNOWN_REFERENCE = "unknown_reference"


class WebhookAnswer(Wire):
    """What became of the webhook."""

    webhook_id: str = Field(description="Its id, repeated.")
    outcome: WebhookOutcome = Field(description="What became of it.")


@router.post(
    "/v1/webhooks/{source}",
    **described(
        "takeWebhook",
        "not_found",
        "bad_signature",
        "body_too_large",
        "temporarily_unavailable",
        requestBody=json_body(SandboxWebhook),
    ),
)
async def take_webhook(
    source: Source,
    request: Request,
    services: ServicesDep,
    webhook_id: Annotated[
        HeaderText, Header(min_length=1, max_length=200, description="The webhook's id; it is handled once.")
    ],
    webhook_timestamp: Annotated[str, Header(max_length=30, description="When it was signed, in seconds since 1970.")],
    webhook_signature: Annotated[str, Header(max_length=2_000, description="Its signatures, each with its version.")],
) -> WebhookAnswer:
    """Take a webhook signed as [Standard Webhooks](https://www.standardwebhooks.com) says.

    The same id is handled once; what could not be handled is answered 503, and has to be sent again.
    """
    headers = {"webhook-id": webhook_id, "webhook-timestamp": webhook_timestamp, "webhook-signature": webhook_signature}
    return await _take(services, source, _heard(services, source, headers, await request.body()))


@router.post(
    "/v1/webhooks/{source}/{merchant_token}",
    **described(
        "takeGatewayWebhook",
        "not_found",
        "bad_signature",
        "body_too_large",
        "temporarily_unavailable",
        requestBody=json_body(*(adapter.webhook for adapter in registry.ADAPTERS.values())),
    ),
)
async def take_gateway_webhook(
    source: Source, merchant_token: MerchantToken, request: Request, services: ServicesDep
) -> WebhookAnswer:
    """Take what the provider of a merchant's own account posts, signed in its own way with that account's secret.

    The same event is handled once. What it says of another merchant's payment is about nothing of ours.
    """
    async with services.snapshots.connect() as connection:
        account = await gateway_accounts.by_token(connection, merchant_token)
    if account is None or account.gateway_id != source:
        raise problems.not_found("such callback address")
    adapter, body = registry.ADAPTERS[account.adapter], await request.body()
    credentials = registry.Credentials(opened(services.vault, account), account.account, account.base_address)
    heard = _understood(lambda: adapter.hear(credentials, request.headers, body))
    sender = joined(account.merchant_id, account.gateway_id, by=POCKETS)
    return await _take(services, sender, heard, of_merchant=account.merchant_id)


def _heard(services: Services, source: str, headers: dict[str, str], body: bytes) -> Callback:
    """Verify before anything is understood."""
    secrets, provider = services.webhook_secrets.get(source, ()), registry.PROVIDERS.get(source)
    if not secrets or provider is None:
        raise problems.not_found(f"source {source!r} of webhooks")
    return _understood(lambda: provider.hear(secrets, headers, body))


def _understood(hear: Callable[[], Callback]) -> Callback:
    try:
        return hear()
    except signatures.BadSignature as bad:
        raise problems.bad_signature() from bad
    except ValidationError as invalid:
        raise problems.invalid(invalid.errors()) from invalid


async def _take(services: Services, sender: str, heard: Callback, *, of_merchant: str | None = None) -> WebhookAnswer:
    """Handle once what a sender posted; `of_merchant` is the only one it may speak of, None where that is anybody."""
    about = heard.event.key if heard.event else ""
    async with services.engine.begin() as connection:
        is_new = await webhooks.remember(connection, sender, heard.webhook_id, about, heard.body)
    outcome = await _handle(services, heard.event, of_merchant) if is_new else WebhookOutcome.REPEATED
    async with services.engine.begin() as connection:
        await webhooks.mark_handled(connection, sender, heard.webhook_id)
    return WebhookAnswer(webhook_id=heard.webhook_id, outcome=outcome)


async def _handle(services: Services, event: ProviderEvent | None, of_merchant: str | None) -> WebhookOutcome:
    if event is None:
        return WebhookOutcome.UNKNOWN_REFERENCE
    async with services.snapshots.connect() as connection:
        payout = await payouts.by_key(connection, event.key)
    if payout is None or of_merchant not in (None, payout.merchant_id):
        return WebhookOutcome.UNKNOWN_REFERENCE
    await note_payout_event(services.temporal, services.engine, event.key, event.status, event.reference)
    return WebhookOutcome.TAKEN
