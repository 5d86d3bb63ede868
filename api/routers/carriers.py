"""Merchants' accounts at carriers."""

import asyncio
import secrets as dice
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter

from api import problems
from api.access import Owner, Services, ServicesDep
from api.described import described
from api.on_test_clock import refuse_on_test_clock
from api.paths import CarrierId
from api.schemas.carriers import CarrierAccountAnswer, CarrierAccountBody
from db import carrier_accounts, journal
from db.carrier_accounts import CarrierAccount
from domain.audit_actions import AuditAction
from gateways.registry import CARRIERS, AtCarrier
from service.carrier_accounts import SANDBOX, opened, sealed
from service.vault import NotOpened

MOST = 20

router = APIRouter(prefix="/v1/carriers/{carrier_id}", tags=["carriers"])


@router.put("", **described("putCarrier", "limit_reached", "conflicting_state"))
async def put_carrier(
    carrier_id: CarrierId, body: CarrierAccountBody, services: ServicesDep, caller: Owner
) -> CarrierAccountAnswer:
    """Tell an account at a carrier. Labels of returns are made by the one that joined last from now on.

    What it lacks is said, each by name. Those that joined before go on with the labels that they made.
    """
    _check(services, carrier_id, body)
    async with services.engine.begin() as connection:
        await carrier_accounts.hold(connection, caller.merchant_id)
        await refuse_on_test_clock(connection, caller.merchant_id)
        known = await carrier_accounts.find(connection, caller.merchant_id, carrier_id)
        if known is None and await carrier_accounts.count(connection, caller.merchant_id) >= MOST:
            raise problems.limit_reached(f"a merchant has at most {MOST} carriers")
        told = {**_kept(services, known, body), **body.secrets}
        settings = body.model_dump(exclude={"adapter", "base_address", "secrets"}, exclude_none=True)
        lacks = CARRIERS[body.adapter].lacks  # it may have a library to load first
        if wrong := await asyncio.to_thread(lacks, AtCarrier(settings, told, body.base_address)):
            raise problems.wrong_fields(wrong)
        token = known.token if known else dice.token_urlsafe(24)
        account = CarrierAccount(
            caller.merchant_id, carrier_id, body.adapter, body.base_address, settings, "", b"", b"", token
        )
        account = await carrier_accounts.put(connection, sealed(services.vault, account, told))
        detail = body.model_dump(mode="json") | {"carrier_id": carrier_id, "secrets": sorted(body.secrets)}
        note = journal.Note(AuditAction.CARRIER_CHANGED, f"the carrier {carrier_id} is told", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    return _answer(account, told)


@router.get("", **described("getCarrier", "not_found"))
async def get_carrier(carrier_id: CarrierId, services: ServicesDep, caller: Owner) -> CarrierAccountAnswer:
    """Read an account, without its secrets."""
    async with services.snapshots.connect() as connection:
        known = await carrier_accounts.find(connection, caller.merchant_id, carrier_id)
    if known is None:
        raise problems.not_found(f"carrier {carrier_id!r}")
    return _answer(known, _opened(services, known))


def _check(services: Services, carrier_id: str, body: CarrierAccountBody) -> None:
    if carrier_id == SANDBOX:
        raise problems.validation_failed(f"{carrier_id!r} is makewhole's own and needs no account: choose another name")
    if body.adapter not in CARRIERS:
        raise problems.wrong_field("/adapter", f"there is no adapter {body.adapter!r}; there is {', '.join(CARRIERS)}")
    if body.base_address not in ("", *services.gateway_addresses):
        allowed = ", ".join(services.gateway_addresses) or "none"
        raise problems.wrong_field("/base_address", f"MAKEWHOLE_GATEWAY_ADDRESSES allows {allowed}")


def _kept(services: Services, known: CarrierAccount | None, body: CarrierAccountBody) -> Mapping[str, str]:
    """Return the secrets that need not be told again. One that was told for a carrier goes to no other."""
    told_for = (body.adapter, body.carrier, body.base_address)
    if known is None or (known.adapter, known.settings["carrier"], known.base_address) != told_for:
        return {}
    return _opened(services, known)


def _opened(services: Services, known: CarrierAccount) -> Mapping[str, str]:
    try:
        return opened(services.vault, known)
    except NotOpened:  # the key that they were sealed with is gone: then they are told anew
        return {}


def _answer(account: CarrierAccount, told: Mapping[str, str]) -> CarrierAccountAnswer:
    settings: dict[str, Any] = dict(account.settings)
    return CarrierAccountAnswer(
        carrier_id=account.carrier_id,
        adapter=account.adapter,
        base_address=account.base_address,
        secrets=sorted(told),
        callback_path=f"/v1/webhooks/{quote(account.carrier_id, safe='')}/{account.token}",
        updated_at=account.updated_at,
        **settings,
    )
