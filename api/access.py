"""Who may call what: an API key names its merchant and a role, and merchants never meet."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from api import problems
from api.backlog import Backlog
from api.cookies import COUNTS_NOT, SESSION, TOKEN
from api.deadline import Deadlines
from api.heavy import Given, Lane, Made
from api.known_callers import KnownCallers
from api.live import LiveEvents
from api.watched import Watched
from db import api_keys, journal, merchant_time, whose
from db.api_keys import Caller, Role
from db.journal import Speaker
from domain import clock, spelling
from domain.delivery.templates import Templates
from domain.explain.messages import Catalogue
from gateways.addresses import Addresses
from gateways.openid import OpenId
from gateways.ports import Carrier, PaymentGateway
from service.idle import Idle
from service.passkeys import RelyingParty
from service.pictures import Pictures
from service.quotas import Quotas
from service.refund_rights import Rights
from service.vault import Vault

log = logging.getLogger("api")


@dataclass(frozen=True, slots=True)
class Services:
    """What every request handler may use; built once in `api/app.py`."""

    engine: AsyncEngine
    snapshots: AsyncEngine
    temporal: Client
    callers: KnownCallers
    live: LiveEvents
    backlog: Backlog
    catalogue: Catalogue
    rights: Rights
    gateways: Mapping[str, PaymentGateway]
    carriers: Carrier
    webhook_secrets: Mapping[str, tuple[str, ...]]
    vault: Vault
    gateway_addresses: Sequence[str]
    webhook_addresses: Addresses
    openid: OpenId
    patience: Deadlines
    evidence_over_http: bool
    watched: Watched
    quotas: Quotas = field(default_factory=Quotas)
    lane: Lane | None = None
    relying_party: RelyingParty | None = None
    templates: Templates = field(default_factory=Templates)
    idle: Idle = field(default_factory=Idle)
    pictures: Pictures | None = None
    temporal_ui: str = ""

    async def elsewhere(self, merchant_id: str, function: Callable[[Given], Made], given: Given) -> Made:
        """Compute a function where it holds nobody up: over in the lane, or here where this is over there."""
        if self.lane is None:
            return function(given)
        return await self.lane.work(merchant_id, function, given)


def services(request: Request) -> Services:
    known: Services = request.app.state.services
    return known


_BEARER = HTTPBearer(
    scheme_name="bearer", description="`Authorization: Bearer <API key>`, or the key of a session.", auto_error=False
)
_HEADER = APIKeyHeader(
    name="X-API-Key", scheme_name="api_key", description="The same API key in a header of its own.", auto_error=False
)


_COOKIE = APIKeyCookie(
    name=SESSION,
    scheme_name="session_cookie",
    description=f"What signing in gives a browser. What changes something says the session's token in `{TOKEN}` too.",
    auto_error=False,
)


async def _caller(
    request: Request,
    services: Annotated[Services, Depends(services)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    header: Annotated[str | None, Depends(_HEADER)],
    _: Annotated[str | None, Depends(_COOKIE)],  # `CookieSessions` has made a bearer's key of it
) -> Caller:
    key = bearer.credentials if bearer else header
    if not key and request.scope.get(COUNTS_NOT):
        log.warning("refused: it would change something by a cookie alone")
        raise problems.unauthenticated(f"a session's cookie changes nothing by itself: say its token in `{TOKEN}`")
    caller = await caller_of(services.callers, key)
    whose.from_now_on(caller.merchant_id)
    clock.ahead_from_now_on(await merchant_time.ahead(caller.merchant_id))
    journal.speaker.set(Speaker(caller.key_id, caller.person))
    return caller


async def caller_of(callers: KnownCallers, key: str | None) -> Caller:
    """Find whose a key is; raises Problem (`unauthenticated`) where it is nobody's, and says why in the log."""
    if not key:
        log.warning("refused: it came without a key")
        raise problems.unauthenticated()
    caller = await callers.find(key)
    if caller is None:
        log.warning("refused: nobody has its key, or it has ended; it begins with %s", api_keys.told(key))
        raise problems.unauthenticated()
    return caller


async def _caller_if_any(
    request: Request,
    services: Annotated[Services, Depends(services)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    header: Annotated[str | None, Depends(_HEADER)],
) -> Caller | None:
    return await _caller(request, services, bearer, header, None) if bearer or header else None


def allowed(*roles: Role) -> Callable[[Caller], Coroutine[Any, Any, Caller]]:
    """Let these roles in."""

    async def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        refuse_others(caller, *roles)
        return caller

    return check


def refuse_others(caller: Caller, *roles: Role) -> None:
    """Raise Problem (`forbidden`) for a caller of none of these roles, and say so in the log."""
    if caller.role not in roles:
        log.warning("refused: key %s of %s is for %s", caller.key_id, caller.merchant_id, caller.role)
        raise problems.forbidden(f"this is for {' or '.join(roles)}; your key's role is {caller.role}")


ServicesDep = Annotated[Services, Depends(services)]
# The scopes say in the published document which roles an operation is for (`api/document.py`).
AnyCaller = Annotated[Caller, Security(_caller, scopes=list(Role))]
CallerIfAny = Annotated[Caller | None, Depends(_caller_if_any)]
Merchant = Annotated[Caller, Security(allowed(Role.MERCHANT), scopes=[Role.MERCHANT])]
MerchantOrCustomer = Annotated[
    Caller, Security(allowed(Role.MERCHANT, Role.CUSTOMER), scopes=[Role.MERCHANT, Role.CUSTOMER])
]
MerchantOrCustomerOrWarehouse = Annotated[
    Caller,
    Security(
        allowed(Role.MERCHANT, Role.CUSTOMER, Role.WAREHOUSE), scopes=[Role.MERCHANT, Role.CUSTOMER, Role.WAREHOUSE]
    ),
]
Reviewer = Annotated[Caller, Security(allowed(Role.REVIEWER), scopes=[Role.REVIEWER])]
Warehouse = Annotated[Caller, Security(allowed(Role.WAREHOUSE), scopes=[Role.WAREHOUSE])]
Owner = Annotated[Caller, Security(allowed(Role.OWNER), scopes=[Role.OWNER])]
Ops = Annotated[Caller, Security(allowed(Role.OPS), scopes=[Role.OPS])]
ReviewerOrOps = Annotated[Caller, Security(allowed(Role.REVIEWER, Role.OPS), scopes=[Role.REVIEWER, Role.OPS])]
OpsOrOwner = Annotated[Caller, Security(allowed(Role.OPS, Role.OWNER), scopes=[Role.OPS, Role.OWNER])]
MerchantOrCustomerOrOps = Annotated[
    Caller,
    Security(allowed(Role.MERCHANT, Role.CUSTOMER, Role.OPS), scopes=[Role.MERCHANT, Role.CUSTOMER, Role.OPS]),
]
MerchantOrOps = Annotated[Caller, Security(allowed(Role.MERCHANT, Role.OPS), scopes=[Role.MERCHANT, Role.OPS])]


def _of_header(text: str) -> str:
    """Servers read a header letter by letter as Latin-1; who sent UTF-8 meant UTF-8."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return spelling.storable(text)


HeaderText = Annotated[str, AfterValidator(_of_header)]
IdempotencyKey = Annotated[
    HeaderText | None,
    Header(
        min_length=1,
        max_length=200,
        description="Names this request, so that it can be repeated: the same key, path and body answer what they "
        "answered the first time, another body is refused with `idempotency_key_reused`. A key belongs "
        "to its caller: each customer and each person has keys of their own, and API keys of a role that name no "
        "person share theirs. It is kept for 30 days, at most a month longer, then forgotten; a request that was "
        "refused (4xx) leaves its key free.",
    ),
]
