"""Merchants' accounts at payment providers."""

import secrets as dice
from dataclasses import asdict
from urllib.parse import quote

from fastapi import APIRouter

from api import problems
from api.access import Owner, Services, ServicesDep
from api.described import described
from api.on_test_clock import refuse_on_test_clock
from api.paths import GatewayId
from api.schemas.gateways import GatewayAnswer, GatewayBody, LimitsBody
from db import gateway_accounts, journal
from db.gateway_accounts import GatewayAccount
from domain.audit_actions import AuditAction
from domain.entitlements.elsewhere import GATEWAY_PREFIX
from domain.payout.limits import NO_LIMITS, RefundLimits
from gateways.registry import ADAPTERS, PROVIDERS, Credentials
from service.gateway_accounts import opened, sealed
from service.vault import NotOpened

MOST = 20

router = APIRouter(prefix="/v1/gateways/{gateway_id}", tags=["gateways"])


@router.put("", **described("putGateway", "limit_reached", "conflicting_state"))
async def put_gateway(gateway_id: GatewayId, body: GatewayBody, services: ServicesDep, caller: Owner) -> GatewayAnswer:
    """Tell an account at a payment provider, under the name that payments give in `gateway`.

    What it lacks is said, each by name. Orders can name it from now on, and what is under way goes by it at once.
    """
    _check(services, gateway_id, body)
    async with services.engine.begin() as connection:
        await gateway_accounts.hold(connection, caller.merchant_id)
        await refuse_on_test_clock(connection, caller.merchant_id)
        known = await gateway_accounts.find(connection, caller.merchant_id, gateway_id)
        if known is None and len(await gateway_accounts.names(connection, caller.merchant_id)) >= MOST:
            raise problems.limit_reached(f"a merchant has at most {MOST} gateways")
        told = {**_kept(services, known, body), **body.secrets}
        _refuse_what_lacks(body, told)
        token = known.token if known else dice.token_urlsafe(24)
        whose = caller.merchant_id, gateway_id
        place = body.adapter, body.account, body.base_address
        account = GatewayAccount(*whose, *place, "", b"", b"", token, limits=_contract(known, body))
        account = await gateway_accounts.put(connection, sealed(services.vault, account, told))
        detail = body.model_dump(mode="json") | {"gateway_id": gateway_id, "secrets": sorted(body.secrets)}
        note = journal.Note(AuditAction.GATEWAY_CHANGED, f"the gateway {gateway_id} is told", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    return answer_of(account)


@router.get("", **described("getGateway", "not_found"))
async def get_gateway(gateway_id: GatewayId, services: ServicesDep, caller: Owner) -> GatewayAnswer:
    """Read an account, without its secrets."""
    async with services.snapshots.connect() as connection:
        known = await gateway_accounts.find(connection, caller.merchant_id, gateway_id)
    if known is None:
        raise problems.not_found(f"gateway {gateway_id!r}")
    return answer_of(known)


def _check(services: Services, gateway_id: str, body: GatewayBody) -> None:
    if gateway_id in PROVIDERS:
        raise problems.validation_failed(f"{gateway_id!r} is makewhole's own and needs no account: choose another name")
    if gateway_id.startswith(GATEWAY_PREFIX):
        raise problems.validation_failed(f"what begins with {GATEWAY_PREFIX!r} names gift cards of your own system")
    if body.adapter not in ADAPTERS:
        raise problems.wrong_field("/adapter", f"there is no adapter {body.adapter!r}; there is {', '.join(ADAPTERS)}")
    if body.base_address not in ("", *services.gateway_addresses):
        allowed = ", ".join(services.gateway_addresses) or "none"
        raise problems.wrong_field("/base_address", f"MAKEWHOLE_GATEWAY_ADDRESSES allows {allowed}")


def _kept(services: Services, known: GatewayAccount | None, body: GatewayBody) -> dict[str, str]:
    """Return the secrets that need not be told again. One that was told for an address goes to no other."""
    if known is None or (known.adapter, known.base_address) != (body.adapter, body.base_address):
        return {}
    try:
        return opened(services.vault, known)
    except NotOpened:  # the key that they were sealed with is gone: then they are told anew
        return {}


def _contract(known: GatewayAccount | None, body: GatewayBody) -> RefundLimits:
    """Return what the merchant's contract allows; what is not told again stays, for the same provider."""
    if body.limits is not None:
        return RefundLimits(**body.limits.model_dump())
    is_kept = known is not None and known.adapter == body.adapter and "limits" not in body.model_fields_set
    return known.limits if known is not None and is_kept else NO_LIMITS


def _refuse_what_lacks(body: GatewayBody, told: dict[str, str]) -> None:
    needs = ADAPTERS[body.adapter].needs
    lacks = [name for name in needs if not told.get(name, "").strip()]
    strange = [name for name in body.secrets if name not in needs]
    wrong = {f"/secrets/{name}": f"{body.adapter} needs {name}" for name in lacks}
    wrong |= {f"/secrets/{name}": f"{body.adapter} has no such secret, it has {', '.join(needs)}" for name in strange}
    if not wrong:
        wrong |= ADAPTERS[body.adapter].faults(Credentials(told, body.account, body.base_address))
    if wrong:
        raise problems.wrong_fields(wrong)


def answer_of(account: GatewayAccount) -> GatewayAnswer:
    return GatewayAnswer(
        gateway_id=account.gateway_id,
        adapter=account.adapter,
        account=account.account,
        base_address=account.base_address,
        secrets=sorted(ADAPTERS[account.adapter].needs),
        limits=LimitsBody(**asdict(ADAPTERS[account.adapter].limits.overridden_by(account.limits))),
        callback_path=f"/v1/webhooks/{quote(account.gateway_id, safe='')}/{account.token}",
        updated_at=account.updated_at,
    )
