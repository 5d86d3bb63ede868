"""Merchants' own systems in which entitlements live."""

from collections.abc import Sequence

from fastapi import APIRouter

from api import problems
from api.access import Owner, Services, ServicesDep
from api.described import described
from api.paths import SystemId
from api.schemas.entitlement_systems import EntitlementSystemAnswer, EntitlementSystemBody
from db import entitlement_systems, journal
from db.entitlement_systems import StoredSystem
from domain.audit_actions import AuditAction
from gateways.addresses import NotAllowed
from gateways.entitlements.registry import SYSTEMS
from service.entitlement_systems import opened, sealed
from service.vault import NotOpened

MOST = 20

router = APIRouter(prefix="/v1/entitlement-systems/{system_id}", tags=["entitlement systems"])


@router.put("", **described("putEntitlementSystem", "limit_reached"))
async def put_system(
    system_id: SystemId, body: EntitlementSystemBody, services: ServicesDep, caller: Owner
) -> EntitlementSystemAnswer:
    """Tell a system of your own under a name of your own, which the policy gives in `entitlements_elsewhere`.

    What is under way goes by it at once.
    """
    _check(services, body)
    async with services.engine.begin() as connection:
        await entitlement_systems.hold(connection, caller.merchant_id)
        known = await entitlement_systems.find(connection, caller.merchant_id, system_id)
        if known is None and len(await entitlement_systems.adapters(connection, caller.merchant_id)) >= MOST:
            raise problems.limit_reached(f"a merchant has at most {MOST} entitlement systems")
        secrets = _told(body) or _kept(services, known, body.url, body.adapter)
        if not secrets:
            raise _lacking(body)
        system = StoredSystem(caller.merchant_id, system_id, body.url, body.adapter, "", b"", b"")
        system = await entitlement_systems.put(connection, sealed(services.vault, system, secrets))
        detail = {"system_id": system_id, "url": body.url, "adapter": body.adapter, "new_secrets": len(_told(body))}
        note = journal.Note(
            AuditAction.ENTITLEMENT_SYSTEM_CHANGED, f"the system {system_id} is told", caller.name, detail
        )
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    return _answer(system, secrets)


@router.get("", **described("getEntitlementSystem", "not_found"))
async def get_system(system_id: SystemId, services: ServicesDep, caller: Owner) -> EntitlementSystemAnswer:
    """Read a system, without its secrets."""
    async with services.snapshots.connect() as connection:
        known = await entitlement_systems.find(connection, caller.merchant_id, system_id)
    if known is None:
        raise problems.not_found(f"entitlement system {system_id!r}")
    return _answer(known, _kept(services, known, known.url, known.adapter))


def _told(body: EntitlementSystemBody) -> Sequence[str]:
    """Return the secrets that are told: those that sign, or an adapter's credentials as it wants them."""
    return body.secrets or [body.credentials[name] for name in SYSTEMS[body.adapter].needs if body.credentials]


def _lacking(body: EntitlementSystemBody) -> problems.ProblemRaised:
    if needs := SYSTEMS[body.adapter].needs:
        return problems.wrong_field("/credentials", f"{body.adapter} needs {', '.join(needs)}")
    return problems.wrong_field("/secrets", "tell at least one secret that signs requests and answers")


def _check(services: Services, body: EntitlementSystemBody) -> None:
    url = body.url
    if body.adapter not in SYSTEMS:
        raise problems.wrong_field("/adapter", f"there is no adapter {body.adapter!r}; there is {', '.join(SYSTEMS)}")
    needs = set(SYSTEMS[body.adapter].needs)
    if body.credentials and set(body.credentials) != needs:
        has = f"it has {', '.join(sorted(needs))}" if needs else "it has secrets that sign"
        raise problems.wrong_field("/credentials", f"{body.adapter} has other credentials: {has}")
    if body.secrets and needs:
        raise problems.wrong_field("/secrets", f"nothing is signed for {body.adapter}: tell its credentials")
    try:
        services.webhook_addresses.check(url)
    except NotAllowed as wrong:
        raise problems.wrong_field("/url", str(wrong)) from wrong
    if "?" in url or url.endswith("/"):
        raise problems.wrong_field("/url", "write it without a query and a slash at its end: `/do` follows")


def _kept(services: Services, known: StoredSystem | None, url: str, adapter: str) -> Sequence[str]:
    """Return the secrets that need not be told again. One that was told for an address goes to no other."""
    if known is None or (known.url, known.adapter) != (url, adapter):
        return ()
    try:
        return opened(services.vault, known)
    except NotOpened:  # the key that they were sealed with is gone: then they are told anew
        return ()


def _answer(system: StoredSystem, secrets: Sequence[str]) -> EntitlementSystemAnswer:
    return EntitlementSystemAnswer(
        system_id=system.system_id,
        url=system.url,
        adapter=system.adapter,
        secret_count=len(secrets),
        updated_at=system.updated_at,
    )
