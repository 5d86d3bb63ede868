"""Staff sign in: a browser goes to its merchant's provider, comes back here, and is given a session's cookie."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import AfterValidator

from api import cookies, problems
from api.access import Services, ServicesDep
from api.described import described
from api.paths import SignInToken
from api.rate_limits import LIMITED, spend_of_caller
from api.schemas.api_keys import StaffRole
from api.shares import let_others_go_first
from db import identity_providers
from db.api_keys import Role
from db.whose import Everyones, from_now_on, of_everyone
from domain.rights.staff import SESSION_LASTS, SIGN_IN_LASTS, NotLetIn
from gateways.openid import NotProved, ProviderUnavailable
from service.signing_in import Returned, SigningIn
from service.vault import NotOpened

log = logging.getLogger("api")

router = APIRouter(prefix="/v1/sign-in/{token}", tags=["staff"])

_OPEN = ("not_found", "too_many_requests", "temporarily_unavailable")
_LIMITED = {LIMITED: ["sign_ins_per_caller"]}
_SEE_OTHER: dict[int | str, dict[str, Any]] = {
    303: {"description": "Where the browser goes on.", "headers": {"Location": {"schema": {"type": "string"}}}}
}
_AFTERWARDS = "/v1/staff-sessions/current"

_THEIR_ERRORS = frozenset(
    {
        *("access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required"),
        *("invalid_request", "invalid_scope", "unauthorized_client", "server_error", "temporarily_unavailable"),
    }
)
"""What providers say for no; nothing else that comes in an address is repeated."""


def _of_this_server(path: str) -> str:
    """Take a path of this server alone: whoever has signed in is sent to no other."""
    is_path = path.startswith("/") and not path.startswith(("//", "/\\"))
    if not is_path or "\\" in path or any(not "!" <= letter <= "~" for letter in path):
        raise ValueError("write a path of this server, as /v1/refunds: nobody is sent anywhere else")
    return path


ReturnTo = Annotated[
    str, Query(max_length=500, description="Where to go then: a path of this server."), AfterValidator(_of_this_server)
]
WantedRole = Annotated[StaffRole | None, Query(description="The role to sign in with, if not the first one may have.")]
FromProvider = Annotated[str, Query(max_length=4_000, description="What the provider says, for us alone.")]


@router.get(
    "", status_code=303, response_class=Response, responses=_SEE_OTHER, **described("beginSignIn", *_OPEN, **_LIMITED)
)
async def begin(
    token: SignInToken,
    request: Request,
    services: ServicesDep,
    role: WantedRole = None,
    return_to: ReturnTo = _AFTERWARDS,
) -> Response:
    """Send a browser to the merchant's identity provider. It has ten minutes; another begun in it ends this one."""
    told = await spend_of_caller(services, request, services.quotas.sign_ins_per_caller)
    signing_in = await _at(services, token)
    async with _asking_the_provider():
        begun = await signing_in.begin(Role(role) if role else None, return_to)
    answer = RedirectResponse(begun.url, 303, told)
    answer.headers.append("set-cookie", cookies.setting(cookies.SIGN_IN, begun.browser, _seconds(SIGN_IN_LASTS)))
    return answer


@router.get(
    "/callback",
    status_code=303,
    response_class=Response,
    responses=_SEE_OTHER,
    **described("completeSignIn", "sign_in_failed", "not_let_in", *_OPEN, **_LIMITED),
)
async def complete(
    token: SignInToken,
    request: Request,
    services: ServicesDep,
    state: FromProvider = "",
    code: FromProvider = "",
    iss: FromProvider = "",
    error: FromProvider = "",
) -> Response:
    """Where the provider sends a browser back to, once: it gets the cookie of a session, which lasts an hour."""
    told = await spend_of_caller(services, request, services.quotas.sign_ins_per_caller)
    signing_in = await _at(services, token)
    kept = [cookies.cookie(request.headers, name) for name in (cookies.SIGN_IN, cookies.SESSION)]
    back = Returned(state, code, kept[0], iss or None, kept[1])
    try:
        sign_in = await signing_in.use(back.state, back.browser)
        _refuse_error(error, code)
        async with _asking_the_provider():
            signed_in = await signing_in.complete(sign_in, back)
    except NotProved as no:
        log.warning("a sign-in at %s failed: %s", ascii(token[:6]), no)
        raise problems.sign_in_failed(str(no), told) from no
    except NotLetIn as no:
        log.warning("a sign-in at %s was refused by the merchant's rules", ascii(token[:6]))
        raise problems.not_let_in(str(no)) from no
    answer = RedirectResponse(signed_in.return_to, 303, told)
    answer.headers.append("set-cookie", cookies.setting(cookies.SESSION, signed_in.key, _seconds(SESSION_LASTS)))
    answer.headers.append("set-cookie", cookies.forgetting(cookies.SIGN_IN))
    return answer


async def _at(services: Services, token: str) -> SigningIn:
    with of_everyone(Everyones.SIGN_INS):
        async with services.snapshots.connect() as connection:
            provider = await identity_providers.by_token(connection, token)
    if provider is None:
        raise problems.not_found(f"sign-in at {token!r}")
    from_now_on(provider.merchant_id)
    try:
        return SigningIn(services.engine, services.openid, services.vault, provider, services.idle.staff)
    except NotOpened as lost:
        log.error("the secret of an identity provider can't be read: %s", lost)
        raise problems.try_again("the client's secret can't be read here: an owner has to tell it anew") from lost


@asynccontextmanager
async def _asking_the_provider() -> AsyncIterator[None]:
    """While a provider thinks, others have the turn; one that does not answer is said to be away."""
    try:
        async with let_others_go_first():
            yield
    except ProviderUnavailable as away:
        log.warning("an identity provider is not available: %s", away)
        raise problems.try_again(f"the identity provider does not answer as it should: {away}") from away


def _refuse_error(error: str, code: str) -> None:
    """Raise NotProved where the provider said no, or nothing."""
    if error:
        raise NotProved(f"the identity provider said {error if error in _THEIR_ERRORS else 'no'}: begin again")
    if not code:
        raise NotProved("the identity provider sent no code: begin again")


def _seconds(lasts: timedelta) -> int:
    return int(lasts.total_seconds())
