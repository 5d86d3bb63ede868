"""What providers tell us by webhook: signed, taken once, and acknowledged whatever order it comes in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import PlainTextResponse
from pydantic import Field, ValidationError

from api import problems
from api.access import HeaderText, Services, ServicesDep
from api.described import described, json_body
from api.paths import MerchantToken, Source
from api.schemas.common import Wire
from db import carrier_accounts, gateway_accounts, payouts, webhooks
from db.whose import Everyones, of_everyone, of_merchant
from domain.payout.keys import POCKETS, joined
from gateways import registry, signatures
from gateways.ports import Callback, ParcelNews, ProviderEvent
from gateways.sandbox.webhooks import SandboxWebhook
from service.carrier_accounts import opened as opened_of_carrier
from service.gateway_accounts import opened
from service.heard_webhooks import sender_of
from temporal_client.dispute_events import note_dispute
from temporal_client.parcel_events import note_parcel_news
from temporal_client.payout_events import note_payout_event

router = APIRouter(tags=["webhooks"])


class WebhookOutcome(StrEnum):
    """`unknown_reference` is kept and acknowledged: it may be about something that is not ours.

    Of a dispute operations are told then; it counts as soon as an order has its payment.
    """

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
    return await _take(services, _Sender(source), _heard(services, source, headers, await request.body()))


@router.post(
    "/v1/webhooks/{source}/{merchant_token}",
    response_model=WebhookAnswer,
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
) -> WebhookAnswer | PlainTextResponse:
    """Take what the provider or carrier of a merchant's own account posts, signed with that account's secret.

    The same event is handled once. What it says of another merchant's payment or parcel is about nothing of ours.
    Alipay posts a form with the fields of its schema, and is answered `success` as text, Adyen `[accepted]`.
    """
    with of_everyone(Everyones.WEBHOOKS):
        async with services.snapshots.connect() as connection:
            gateway = await gateway_accounts.by_token(connection, merchant_token)
            carrier = await carrier_accounts.by_token(connection, merchant_token) if gateway is None else None
    body = await request.body()
    if gateway is not None and gateway.gateway_id == source:
        adapter = registry.ADAPTERS[gateway.adapter]
        credentials = registry.Credentials(opened(services.vault, gateway), gateway.account, gateway.base_address)
        heard = _understood(lambda: adapter.hear(credentials, request.headers, body))
        taken = await _take(services, _Sender(gateway.gateway_id, gateway.merchant_id), heard)
        return PlainTextResponse(adapter.acknowledges) if adapter.acknowledges else taken
    if carrier is not None and carrier.carrier_id == source:
        secrets = opened_of_carrier(services.vault, carrier).get(registry.WEBHOOK_SECRETS, "").split()
        hear = registry.CARRIERS[carrier.adapter].hear
        heard = _understood(lambda: hear(secrets, request.headers, body))
        return await _take(services, _Sender(carrier.carrier_id, carrier.merchant_id, is_carrier=True), heard)
    raise problems.not_found("such callback address")


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


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who posts a webhook; `merchant_id` is the only one it may speak of, None where that is anybody."""

    source: str
    merchant_id: str | None = None
    is_carrier: bool = False

    @property
    def sees(self) -> AbstractContextManager[None]:
        return of_everyone(Everyones.WEBHOOKS) if self.merchant_id is None else of_merchant(self.merchant_id)

    @property
    def name(self) -> str:
        """What its webhooks are remembered under: a merchant's gateway and carrier may have one name."""
        if self.merchant_id is None:
            return self.source
        if self.is_carrier:
            return joined("carrier", self.merchant_id, self.source, by=POCKETS)
        return sender_of(self.merchant_id, self.source)


async def _take(services: Services, sender: _Sender, heard: Callback) -> WebhookAnswer:
    """Handle once what a sender posted, seeing no other merchant than it may speak of."""
    with sender.sees:
        async with services.engine.begin() as connection:
            is_new = await webhooks.remember(connection, sender.name, heard.webhook_id, _about(heard), heard.body)
        outcome = await _handle(services, heard, sender) if is_new else WebhookOutcome.REPEATED
        async with services.engine.begin() as connection:
            await webhooks.mark_handled(connection, sender.name, heard.webhook_id)
    return WebhookAnswer(webhook_id=heard.webhook_id, outcome=outcome)


def _about(heard: Callback) -> str:
    """What a webhook is about, as its sender calls it; empty where that is nothing of ours."""
    if heard.dispute is not None:
        return heard.dispute.dispute_id
    if isinstance(heard.event, ParcelNews):
        return heard.event.tracking_number
    return "" if heard.event is None else heard.event.key


async def _handle(services: Services, heard: Callback, sender: _Sender) -> WebhookOutcome:
    event = heard.event
    if heard.dispute is not None and sender.merchant_id is not None:
        whose = sender.merchant_id, sender.source
        is_heard = await note_dispute(services.temporal, services.engine, *whose, heard.dispute)
        return WebhookOutcome.TAKEN if is_heard else WebhookOutcome.UNKNOWN_REFERENCE
    if event is None:
        return WebhookOutcome.UNKNOWN_REFERENCE
    if isinstance(event, ParcelNews):
        is_ours = await note_parcel_news(services.temporal, services.engine, event, sender.source, sender.merchant_id)
        return WebhookOutcome.TAKEN if is_ours else WebhookOutcome.UNKNOWN_REFERENCE
    return await _handle_payout(services, event, sender)


async def _handle_payout(services: Services, event: ProviderEvent, sender: _Sender) -> WebhookOutcome:
    async with services.snapshots.connect() as connection:
        payout = await payouts.by_key(connection, event.key)
    if payout is None or sender.merchant_id not in (None, payout.merchant_id):
        return WebhookOutcome.UNKNOWN_REFERENCE
    if event.trace_number is not None:
        async with services.engine.begin() as connection:
            await payouts.note_trace(connection, event.key, event.reference, event.trace_number)
    await note_payout_event(services.temporal, services.engine, event.key, event.status, event.reference)
    return WebhookOutcome.TAKEN
