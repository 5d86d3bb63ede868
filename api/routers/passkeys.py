"""Customers' passkeys: a session makes one, and from then on a finger, a face or a PIN opens sessions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import problems
from api.access import CallerIfAny, MerchantOrCustomer, Services, ServicesDep
from api.described import described
from api.paths import PasskeyId
from api.problems import ProblemRaised
from api.rate_limits import LIMITED, spend_of_caller
from api.schemas.common import Id
from api.schemas.identity import (
    Ceremony,
    PasskeyAnswer,
    PasskeyBody,
    PasskeyList,
    PasskeyOptionsAnswer,
    PasskeyOptionsBody,
)
from db import passkeys as stored
from db.api_keys import Caller
from db.passkeys import Challenge, Passkey
from db.whose import Everyones, of_everyone
from domain.rights.proofs import MOST_PASSKEYS
from service import passkeys
from service.passkeys import RelyingParty

router = APIRouter(prefix="/v1/identity/passkeys", tags=["identity"])

_WHOSE = "whose passkeys; a customer may name themselves alone"
_OPEN = ("too_many_requests", "body_too_large", "malformed_request", "temporarily_unavailable")


@router.post(
    "/options",
    status_code=201,
    **described(
        "askForPasskey",
        *("unauthenticated", "conflicting_state", "limit_reached", *_OPEN),
        **{LIMITED: ["challenges_per_caller"]},
    ),
)
async def ask_for_passkey(
    body: PasskeyOptionsBody, request: Request, response: Response, services: ServicesDep, caller: CallerIfAny
) -> PasskeyOptionsAnswer:
    """Get a challenge for a device: with the key of a session to make a passkey, without one to sign in by one.

    To sign in, whoever asks is answered the same; the device knows which passkeys it has for this site.
    """
    if services.relying_party is None:
        raise problems.conflicting_state("passkeys are not set up here: MAKEWHOLE_PASSKEY_ORIGINS names no page")
    party = services.relying_party
    told = await spend_of_caller(services, request, services.quotas.challenges_per_caller)
    ceremony = Ceremony.AUTHENTICATION if caller is None else Ceremony.REGISTRATION
    if caller is not None and caller.merchant_id != body.merchant_id:
        raise problems.conflicting_state("the session is of another shop")
    try:
        challenge, options = await _challenge(services, party, body.merchant_id, caller)
    except passkeys.NoAccount as nobody:
        raise problems.conflicting_state(
            "a passkey belongs to an account: send the key of a session that a code of its e-mail or phone opened"
        ) from nobody
    except passkeys.TooMany as many:
        raise _too_many() from many
    response.headers.update(told)
    return PasskeyOptionsAnswer(
        challenge_id=challenge.challenge_id, ceremony=ceremony, public_key=options, expires_at=challenge.expires_at
    )


@router.post(
    "",
    status_code=201,
    **described("makePasskey", "passkey_refused", "limit_reached", *_OPEN, **{LIMITED: ["guesses_per_caller"]}),
)
async def make_passkey(body: PasskeyBody, request: Request, response: Response, services: ServicesDep) -> PasskeyAnswer:
    """Keep the passkey that a device has made; it belongs to the session that asked for the challenge."""
    told = await spend_of_caller(services, request, services.quotas.guesses_per_caller)
    if services.relying_party is None:
        raise problems.passkey_refused(told)
    try:
        with of_everyone(Everyones.PROOFS):
            async with services.engine.begin() as connection:
                kept = await passkeys.keep(connection, services.relying_party, body.challenge_id, body.credential)
    except passkeys.TooMany as many:
        raise _too_many() from many
    if kept is None:
        raise problems.passkey_refused(told)
    response.headers.update(told)
    return _shown(kept)


@router.get("", **described("listPasskeys"))
async def list_passkeys(
    services: ServicesDep, caller: MerchantOrCustomer, customer_id: Annotated[Id, Query(description=_WHOSE)]
) -> PasskeyList:
    """List the passkeys of a customer, the oldest first."""
    if caller.customer_id not in (None, customer_id) or caller.only_order_id is not None:
        raise problems.forbidden("customers see their own passkeys only, when they have proved their account")
    async with services.snapshots.connect() as connection:
        theirs = await stored.list_of(connection, caller.merchant_id, customer_id)
    return PasskeyList(items=[_shown(each) for each in theirs])


@router.delete("/{passkey_id}", status_code=204, **described("forgetPasskey", "not_found"))
async def forget_passkey(passkey_id: PasskeyId, services: ServicesDep, caller: MerchantOrCustomer) -> Response:
    """Forget a passkey: it opens nothing from now on, and every session of its customer ends but the one that asks."""
    async with services.engine.begin() as connection:
        ended = await passkeys.forget(connection, caller, passkey_id)
        if ended is None:
            raise problems.not_found(f"passkey {passkey_id!r}")
    services.callers.forget(*ended)
    return Response(status_code=204)


async def _challenge(
    services: Services, party: RelyingParty, merchant_id: str, caller: Caller | None
) -> tuple[Challenge, dict[str, Any]]:
    """Raises NoAccount and TooMany."""
    if caller is None:
        with of_everyone(Everyones.PROOFS):
            async with services.engine.begin() as connection:
                return await passkeys.to_sign_in(connection, party, merchant_id)
    async with services.engine.begin() as connection:
        return await passkeys.to_make_one(connection, party, caller)


def _too_many() -> ProblemRaised:
    return problems.limit_reached(f"a customer has {MOST_PASSKEYS} passkeys at most: forget one first")


def _shown(passkey: Passkey) -> PasskeyAnswer:
    return PasskeyAnswer(
        passkey_id=passkey.passkey_id,
        synced=passkey.is_synced,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )
