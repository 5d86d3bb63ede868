"""Where a merchant's systems are told what happens."""

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import IdempotencyKey, Owner, Services, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import EndpointId
from api.schemas.webhook_endpoints import (
    RotationAnswer,
    RotationBody,
    WebhookEndpointAnswer,
    WebhookEndpointBody,
    WebhookEndpointList,
    WebhookSecretAnswer,
)
from db import journal, webhook_endpoints
from db.api_keys import Caller
from db.webhook_endpoints import Endpoint, SealedSecret
from domain.audit_actions import AuditAction
from domain.durations import span
from domain.merchant_events import MerchantEvent
from gateways.addresses import NotAllowed
from service import webhook_secrets
from service.vault import NotOpened

MOST = 20
MOST_SECRETS = 5
_LONGEST_OVERLAP = timedelta(days=30)
_AT_ONCE = timedelta()

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhook events"])


@router.get("", **described("listWebhookEndpoints"))
async def list_endpoints(services: ServicesDep, caller: Owner) -> WebhookEndpointList:
    """List where events go, without the secrets."""
    async with services.snapshots.connect() as connection:
        known = await webhook_endpoints.of_merchant(connection, caller.merchant_id)
        shown = [await _shown(connection, each) for each in known]
    return WebhookEndpointList(items=shown)


@router.put("/{endpoint_id}", **described("putWebhookEndpoint", "limit_reached"))
async def put_endpoint(
    endpoint_id: EndpointId, body: WebhookEndpointBody, services: ServicesDep, caller: Owner
) -> WebhookEndpointAnswer:
    """Tell where events go, under a name of your own, or change it; a disabled one is enabled by it.

    What happens from now on is told. The secret is in the answer that makes the endpoint, and in no other.
    """
    _check(services, body)
    secret: str | None = None
    async with services.engine.begin() as connection:
        await webhook_endpoints.hold(connection, caller.merchant_id)
        known = await webhook_endpoints.of_merchant(connection, caller.merchant_id)
        is_new = endpoint_id not in {each.endpoint_id for each in known}
        if is_new and len(known) >= MOST:
            raise problems.limit_reached(f"a merchant has at most {MOST} webhook endpoints")
        await webhook_endpoints.put(
            connection,
            caller.merchant_id,
            endpoint_id,
            url=body.url,
            event_types=sorted(set(body.event_types)),
            is_enabled=body.enabled,
        )
        if is_new:
            made = webhook_secrets.make(services.vault, caller.merchant_id, endpoint_id)
            await webhook_endpoints.add_secret(connection, made.sealed, _AT_ONCE)
            secret = made.plain
        sentence = f"the webhook endpoint {endpoint_id} is {'made' if is_new else 'changed'}"
        await _note(connection, caller, AuditAction.WEBHOOK_ENDPOINT_CHANGED, sentence, body.model_dump(mode="json"))
        return await _shown(connection, await _found(connection, caller.merchant_id, endpoint_id), secret)


@router.get("/{endpoint_id}", **described("getWebhookEndpoint", "not_found"))
async def get_endpoint(endpoint_id: EndpointId, services: ServicesDep, caller: Owner) -> WebhookEndpointAnswer:
    """Read an endpoint, without its secrets."""
    async with services.snapshots.connect() as connection:
        return await _shown(connection, await _found(connection, caller.merchant_id, endpoint_id))


@router.delete("/{endpoint_id}", status_code=204, **described("deleteWebhookEndpoint", "not_found"))
async def delete_endpoint(endpoint_id: EndpointId, services: ServicesDep, caller: Owner) -> Response:
    """Forget an endpoint: nothing more is sent there. What it was told stays in the log."""
    async with services.engine.begin() as connection:
        await webhook_endpoints.hold(connection, caller.merchant_id)
        await _found(connection, caller.merchant_id, endpoint_id)
        await webhook_endpoints.remove(connection, caller.merchant_id, endpoint_id)
        await _note(
            connection,
            caller,
            AuditAction.WEBHOOK_ENDPOINT_REMOVED,
            f"the webhook endpoint {endpoint_id} is removed",
            {},
        )
    return Response(status_code=204)


@router.post(
    "/{endpoint_id}/secret",
    status_code=201,
    response_model=RotationAnswer,
    **described("rotateWebhookSecret", "not_found", "limit_reached"),
)
async def rotate_secret(
    endpoint_id: EndpointId,
    body: RotationBody,
    services: ServicesDep,
    caller: Owner,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Make a new secret; until the overlap is over, each event is signed with it and with those of before."""
    overlap = span(body.overlap)
    if overlap > _LONGEST_OVERLAP:
        raise problems.wrong_field("/overlap", "secrets sign beside each other for at most 30 days")

    async def rotate(connection: AsyncConnection) -> RotationAnswer:
        await webhook_endpoints.hold(connection, caller.merchant_id)
        await _found(connection, caller.merchant_id, endpoint_id)
        signing = await webhook_endpoints.secrets_of(connection, caller.merchant_id, endpoint_id)
        if len(signing) >= MOST_SECRETS and overlap:
            raise problems.limit_reached(f"at most {MOST_SECRETS} secrets sign beside each other")
        made = webhook_secrets.make(services.vault, caller.merchant_id, endpoint_id)
        await webhook_endpoints.add_secret(connection, made.sealed, overlap)
        sentence = f"a new secret signs what is told to the webhook endpoint {endpoint_id}"
        await _note(connection, caller, AuditAction.WEBHOOK_SECRET_MADE, sentence, {"overlap": str(body.overlap)})
        newest = (await webhook_endpoints.secrets_of(connection, caller.merchant_id, endpoint_id))[0]
        return RotationAnswer(**_of_secret(newest), endpoint_id=endpoint_id, secret=None)

    path = f"/v1/webhook-endpoints/{endpoint_id}/secret"
    request = IdempotentRequest(services.engine, caller, idempotency_key, path, body)
    # What is remembered under the key has no secret: it is read where it is kept, sealed.
    answer, _ = await request.once(201, rotate)
    remembered = RotationAnswer.model_validate_json(bytes(answer.body))
    secret = await _plain(services, caller.merchant_id, remembered)
    shown = remembered.model_copy(update={"secret": secret})
    return JSONResponse(shown.model_dump(mode="json"), answer.status_code)


async def _plain(services: Services, merchant_id: str, remembered: RotationAnswer) -> str | None:
    """Read the secret that a request has made; None where it signs no more, or can't be read any more."""
    async with services.engine.connect() as connection:
        kept = await webhook_endpoints.secrets_of(connection, merchant_id, remembered.endpoint_id)
    made = next((each for each in kept if each.secret_id == remembered.secret_id), None)
    try:
        return None if made is None else webhook_secrets.opened(services.vault, made)
    except NotOpened:
        return None


def _check(services: Services, body: WebhookEndpointBody) -> None:
    try:
        services.webhook_addresses.check(body.url)
    except NotAllowed as refused:
        raise problems.wrong_field("/url", str(refused)) from refused


async def _note(
    connection: AsyncConnection, caller: Caller, event: AuditAction, sentence: str, detail: dict[str, object]
) -> None:
    await journal.record_of_merchant(connection, caller.merchant_id, journal.Note(event, sentence, caller.name, detail))


async def _found(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> Endpoint:
    known = await webhook_endpoints.find(connection, merchant_id, endpoint_id)
    if known is None:
        raise problems.not_found(f"webhook endpoint {endpoint_id!r}")
    return known


async def _shown(connection: AsyncConnection, known: Endpoint, secret: str | None = None) -> WebhookEndpointAnswer:
    signing: Sequence[SealedSecret] = await webhook_endpoints.secrets_of(
        connection, known.merchant_id, known.endpoint_id
    )
    return WebhookEndpointAnswer(
        endpoint_id=known.endpoint_id,
        url=known.url,
        event_types=[MerchantEvent(each) for each in known.event_types],
        enabled=known.is_enabled,
        disabled_because=known.disabled_because,
        failing_since=known.failing_since,
        secrets=[WebhookSecretAnswer(**_of_secret(each)) for each in signing],
        secret=secret,
        updated_at=known.updated_at,
    )


def _of_secret(secret: SealedSecret) -> dict[str, object]:
    return {"secret_id": secret.secret_id, "created_at": secret.created_at, "ends_at": secret.ends_at}
