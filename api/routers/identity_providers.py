"""The identity providers at which a merchant's staff sign in."""

import secrets as dice
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Owner, Services, ServicesDep
from api.described import described
from api.paths import ProviderId
from api.schemas.staff import (
    IdentityProviderAnswer,
    IdentityProviderBody,
    IdentityProviderList,
    PersonBody,
    RequiredClaimBody,
    RoleRuleBody,
)
from db import identity_providers, journal, staff_sessions
from db.api_keys import Caller
from db.identity_providers import IdentityProvider
from domain.audit_actions import AuditAction
from domain.rights.staff import EntryRules, KnownPerson, RequiredClaim, RoleRule
from gateways.addresses import NotAllowed
from service.signing_in import sealed, secret_of
from service.vault import NotOpened

MOST = 20

_HERE = ("localhost", "127.0.0.1", "::1")

router = APIRouter(prefix="/v1/identity-providers", tags=["staff"])


@router.get("", **described("listIdentityProviders"))
async def list_providers(services: ServicesDep, caller: Owner) -> IdentityProviderList:
    """List the identity providers of your merchant."""
    async with services.snapshots.connect() as connection:
        known = await identity_providers.of_merchant(connection, caller.merchant_id)
    return IdentityProviderList(items=[_answer(each) for each in known])


@router.put("/{provider_id}", **described("putIdentityProvider", "limit_reached"))
async def put_provider(
    provider_id: ProviderId, body: IdentityProviderBody, services: ServicesDep, caller: Owner
) -> IdentityProviderAnswer:
    """Tell where staff sign in, and who of them comes in as what. Sessions that were opened by it end."""
    _check(services, body)
    async with services.engine.begin() as connection:
        await identity_providers.hold(connection, caller.merchant_id)
        every = await identity_providers.of_merchant(connection, caller.merchant_id)
        known = next((each for each in every if each.provider_id == provider_id), None)
        if known is None and len(every) >= MOST:
            raise problems.limit_reached(f"a merchant has at most {MOST} identity providers")
        secret = body.client_secret or _kept(services, known, body)
        if secret is None:
            raise problems.wrong_field("/client_secret", "tell the client's secret: nobody knows it here")
        token = known.token if known else dice.token_urlsafe(24)
        said = body.issuer, body.client_id, body.address, _rules(body)
        told = IdentityProvider(caller.merchant_id, provider_id, *said, "", b"", b"", token)
        told = await identity_providers.put(connection, sealed(services.vault, told, secret))
        detail = body.model_dump(mode="json", exclude={"client_secret"}) | {"provider_id": provider_id}
        detail |= {"new_secret": body.client_secret is not None}
        sentence = f"the identity provider {provider_id} is told"
        note = journal.Note(AuditAction.IDENTITY_PROVIDER_CHANGED, sentence, caller.name, detail)
        await _note(connection, caller, note)
        ended = await staff_sessions.end_all_of_provider(connection, caller.merchant_id, provider_id)
    services.callers.forget(*ended)
    return _answer(told)


@router.get("/{provider_id}", **described("getIdentityProvider", "not_found"))
async def get_provider(provider_id: ProviderId, services: ServicesDep, caller: Owner) -> IdentityProviderAnswer:
    """Read an identity provider, without its secret."""
    async with services.snapshots.connect() as connection:
        known = await identity_providers.find(connection, caller.merchant_id, provider_id)
    if known is None:
        raise problems.not_found(f"identity provider {provider_id!r}")
    return _answer(known)


@router.delete("/{provider_id}", status_code=204, **described("deleteIdentityProvider", "not_found"))
async def delete_provider(provider_id: ProviderId, services: ServicesDep, caller: Owner) -> Response:
    """Let nobody sign in there any more; sessions that were opened by it end at once."""
    async with services.engine.begin() as connection:
        await identity_providers.hold(connection, caller.merchant_id)
        if not await identity_providers.remove(connection, caller.merchant_id, provider_id):
            raise problems.not_found(f"identity provider {provider_id!r}")
        sentence = f"nobody signs in at {provider_id} any more"
        note = journal.Note(AuditAction.IDENTITY_PROVIDER_REMOVED, sentence, caller.name, {"provider_id": provider_id})
        await _note(connection, caller, note)
        ended = await staff_sessions.end_all_of_provider(connection, caller.merchant_id, provider_id)
    services.callers.forget(*ended)
    return Response(status_code=204)


def _check(services: Services, body: IdentityProviderBody) -> None:
    try:
        services.webhook_addresses.check(body.issuer)
    except NotAllowed as wrong:
        detail = "an issuer is at a public address over https, or at one that MAKEWHOLE_WEBHOOK_ADDRESSES allows"
        raise problems.wrong_field("/issuer", detail) from wrong
    if "?" in body.issuer:
        raise problems.wrong_field("/issuer", "an issuer has no query")
    if not _is_ours(body.address):
        detail = "write it like https://refunds.shop.example, without a path; http only for this machine"
        raise problems.wrong_field("/address", detail)


def _is_ours(address: str) -> bool:
    """Whether browsers keep our cookies there: by https, or on the very machine."""
    try:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return is_safe and has_port and bool(parts.hostname) and origin == address and "@" not in address


def _kept(services: Services, known: IdentityProvider | None, body: IdentityProviderBody) -> str | None:
    """Return the secret that need not be told again. One that was told for an issuer goes to no other."""
    if known is None or (known.issuer, known.client_id) != (body.issuer, body.client_id):
        return None
    try:
        return secret_of(services.vault, known)
    except NotOpened:  # the key that it was sealed with is gone: then it is told anew
        return None


def _rules(body: IdentityProviderBody) -> EntryRules:
    return EntryRules(
        tuple(RoleRule(each.claim, each.value, each.role) for each in body.roles),
        tuple(KnownPerson(each.person, each.subject, each.email) for each in body.people),
        tuple(body.email_domains),
        tuple(RequiredClaim(each.claim, each.value) for each in body.required_claims),
        body.signed_in_within,
    )


async def _note(connection: AsyncConnection, caller: Caller, note: journal.Note) -> None:
    await journal.record_of_merchant(connection, caller.merchant_id, note)


def _answer(provider: IdentityProvider) -> IdentityProviderAnswer:
    rules = provider.rules
    return IdentityProviderAnswer(
        provider_id=provider.provider_id,
        issuer=provider.issuer,
        client_id=provider.client_id,
        address=provider.address,
        sign_in_path=provider.sign_in_path,
        redirect_uri=provider.callback,
        roles=[RoleRuleBody.model_validate(each, from_attributes=True) for each in rules.roles],
        people=[PersonBody.model_validate(each, from_attributes=True) for each in rules.people],
        email_domains=list(rules.email_domains),
        required_claims=[
            RequiredClaimBody.model_validate(each, from_attributes=True) for each in rules.required_claims
        ],
        signed_in_within=rules.signed_in_within,
        updated_at=provider.updated_at,
    )
