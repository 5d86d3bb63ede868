"""Sessions of staff who signed in: their own, and all of a merchant's for its owner."""

import logging

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api import cookies, problems
from api.access import AnyCaller, Owner, Services, ServicesDep
from api.described import described
from api.paging import Cursor, Limit, page, place
from api.paths import SessionId
from api.schemas.staff import OwnSessionAnswer, SignedOutAnswer, StaffSessionAnswer, StaffSessionList
from api.shares import key_of, let_others_go_first
from db import identity_providers, journal, staff_sessions
from db.api_keys import Caller
from db.staff_sessions import StaffSession
from domain.audit_actions import AuditAction
from gateways.openid import ProviderUnavailable
from service.signing_in import client_of, csrf_token, opened_hint
from service.vault import NotOpened

log = logging.getLogger("api")

router = APIRouter(prefix="/v1/staff-sessions", tags=["staff"])


@router.get("", **described("listStaffSessions"))
async def list_sessions(
    services: ServicesDep, caller: Owner, cursor: Cursor = None, limit: Limit = 50
) -> StaffSessionList:
    """List who of your merchant's staff is signed in, the newest session first."""
    before = place(cursor)
    async with services.snapshots.connect() as connection:
        known = await staff_sessions.listed(connection, caller.merchant_id, before=before, limit=limit + 1)
    shown, more = page(known, limit, lambda row: row.number, lambda _: 300)
    return StaffSessionList(items=[StaffSessionAnswer(**_told(row)) for row in shown], next=more)


@router.get("/current", **described("getStaffSession", "conflicting_state"))
async def get_own_session(request: Request, services: ServicesDep, caller: AnyCaller) -> OwnSessionAnswer:
    """Read as whom you are signed in, and the token that your writes have to say."""
    async with services.snapshots.connect() as connection:
        own = await _own(connection, caller)
    return OwnSessionAnswer(**_told(own), csrf_token=csrf_token(key_of(request.scope) or ""))


@router.delete("/current", response_model=SignedOutAnswer, **described("signOut", "conflicting_state"))
async def sign_out(request: Request, response: Response, services: ServicesDep, caller: AnyCaller) -> SignedOutAnswer:
    """Sign out: the session ends at once. Then send the browser where the answer says, to sign out there too."""
    async with services.engine.begin() as connection:
        own = await _own(connection, caller)
        hint = await staff_sessions.hint_of(connection, own.session_id)
        await _end(connection, caller, own, f"{caller.name} signed out")
    services.callers.forget(own.key_sha256)
    response.headers.append("set-cookie", cookies.forgetting(cookies.SESSION))
    return SignedOutAnswer(
        end_session_url=await _there(services, own, caller, opened_hint(key_of(request.scope) or "", hint))
    )


@router.delete("/{session_id}", status_code=204, **described("revokeStaffSession", "not_found"))
async def revoke_session(session_id: SessionId, services: ServicesDep, caller: Owner) -> Response:
    """End somebody's session at once, any number of times. They can sign in again while the provider lets them."""
    async with services.engine.begin() as connection:
        known = await staff_sessions.find(connection, caller.merchant_id, session_id)
        if known is None:
            raise problems.not_found(f"staff session {session_id!r}")
        await _end(connection, caller, known, f"the session {session_id} of {known.role}:{known.person} is ended")
    services.callers.forget(known.key_sha256)
    return Response(status_code=204)


async def _own(connection: AsyncConnection, caller: Caller) -> StaffSession:
    own = await staff_sessions.find(connection, caller.merchant_id, caller.key_id)
    if own is None:
        raise problems.conflicting_state("this request has the key of no staff session: sign in first")
    return own


async def _end(connection: AsyncConnection, caller: Caller, session: StaffSession, sentence: str) -> None:
    if await staff_sessions.end(connection, session.session_id):
        detail = {"session_id": session.session_id, "role": session.role, "person": session.person}
        note = journal.Note(AuditAction.SIGNED_OUT, sentence, caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)


async def _there(services: Services, session: StaffSession, caller: Caller, token: str | None) -> str | None:
    """Say where one signs out at the provider; who is signed out here is so whatever the provider says."""
    async with services.snapshots.connect() as connection:
        provider = await identity_providers.find(connection, caller.merchant_id, session.provider_id)
    if provider is None:
        return None
    try:
        async with let_others_go_first():
            return await services.openid.end_session_url(client_of(services.vault, provider), token)
    except (ProviderUnavailable, NotOpened) as away:
        log.warning("nobody knows where to sign out at an identity provider: %s", away)
        return None


def _told(session: StaffSession) -> dict[str, object]:
    return {name: getattr(session, name) for name in StaffSessionAnswer.model_fields}
