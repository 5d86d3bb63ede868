"""Customers prove who they are: a code comes to them, and opens a session.

Nobody is told whether there is such an order or whose it is, by words, by limits or by time: the API does the same for
each, and the worker that sends finds out (`upkeep/codes.py`).
"""

from fastapi import APIRouter, Request, Response

from api import problems
from api.access import AnyCaller, Services, ServicesDep
from api.described import described
from api.rate_limits import LIMITED, spend, spend_of_caller
from api.schemas.identity import CodeAnswer, CodeBody, SessionAnswer, SessionBody
from db import identity_codes, journal, sessions
from db.api_keys import Caller
from db.sessions import Session
from db.whose import Everyones, of_everyone
from domain.audit_actions import AuditAction
from domain.rights.proofs import CODE_LASTS
from domain.sale import guests
from service import identity, passkeys

router = APIRouter(prefix="/v1/identity", tags=["identity"])

_OPEN = ("too_many_requests", "body_too_large", "malformed_request", "temporarily_unavailable")


@router.post(
    "/codes",
    status_code=202,
    **described("askForCode", *_OPEN, **{LIMITED: ["codes_per_caller", "codes_per_order", "codes_per_contact"]}),
)
async def ask_for_code(body: CodeBody, request: Request, response: Response, services: ServicesDep) -> CodeAnswer:
    """Have a one-time code sent to who bought an order, if the contact is theirs. Ask again for another.

    It comes by e-mail or SMS, is good for ten minutes, five guesses and one session. `RateLimit` is about the caller.
    """
    vault, quotas = services.vault, services.quotas
    contact = identity.contact_mark(vault, body.merchant_id, guests.contact(body.contact))
    told = await spend_of_caller(services, request, quotas.codes_per_caller)
    order = vault.mark("order", body.merchant_id, body.order_id)  # only now: a caller who is over uses up nobody's
    await spend(services, [(quotas.codes_per_order, order), (quotas.codes_per_contact, contact)])
    with of_everyone(Everyones.PROOFS):
        async with services.engine.begin() as connection:
            asked = await identity_codes.ask(connection, body.merchant_id, body.order_id, contact, CODE_LASTS)
    code_id, expires_at = asked
    response.headers.update(told)
    return CodeAnswer(code_id=code_id, expires_at=expires_at)


@router.post(
    "/sessions",
    status_code=201,
    **described("openSession", "wrong_code", "passkey_refused", *_OPEN, **{LIMITED: ["guesses_per_caller"]}),
)
async def open_session(body: SessionBody, request: Request, response: Response, services: ServicesDep) -> SessionAnswer:
    """Open a session with a code that came, or with a passkey: for half an hour, and once.

    An answer that was lost is not repeated: another code, or another challenge, is asked for.
    """
    told = await spend_of_caller(services, request, services.quotas.guesses_per_caller)
    with of_everyone(Everyones.PROOFS):
        opened = await (_by_code(services, body) if body.code_id else _by_passkey(services, body))
    if opened is None:
        raise (problems.wrong_code if body.code_id else problems.passkey_refused)(told)
    session, who = opened
    response.headers.update(told)
    return SessionAnswer(
        session_id=session.session_id,
        key=session.key,
        customer_id=guests.account(who.customer_id or ""),
        order_id=who.only_order_id,
        expires_at=session.expires_at,
    )


async def _by_code(services: Services, body: SessionBody) -> tuple[Session, Caller] | None:
    assert body.code_id and body.code, "the schema wants both"
    async with services.engine.begin() as connection:
        return await identity.open_session(connection, services.vault, body.code_id, body.code, services.idle.customers)


async def _by_passkey(services: Services, body: SessionBody) -> tuple[Session, Caller] | None:
    assert body.challenge_id and body.credential is not None, "the schema wants both"
    if services.relying_party is None:
        return None
    async with services.engine.begin() as connection:
        came = body.challenge_id, body.credential
        return await passkeys.open_session(connection, services.relying_party, *came, services.idle.customers)


@router.delete("/sessions", status_code=204, **described("endSession", "conflicting_state"))
async def end_session(services: ServicesDep, caller: AnyCaller) -> Response:
    """End the session whose key this request is sent with; an API key is revoked elsewhere."""
    async with services.engine.begin() as connection:
        ended = await sessions.end(connection, caller.key_id)
        if ended is None:
            raise problems.conflicting_state("this request has the key of no session: an owner revokes API keys")
        detail = {"session_id": caller.key_id}
        note = journal.Note(AuditAction.SESSION_ENDED, f"{caller.name} ended a session", caller.name, detail)
        await journal.record_of_customer(connection, caller.merchant_id, caller.customer_id or "", note)
    services.callers.forget(ended)
    return Response(status_code=204)
