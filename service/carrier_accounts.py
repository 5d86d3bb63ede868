"""Merchants' accounts at carriers, and what carriers make for returns: the label that is stored first stands."""

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from db import carrier_accounts, return_labels
from db.carrier_accounts import CarrierAccount
from db.engine import snapshots
from db.return_labels import ISSUED, VOID, StoredLabel
from domain.payout.keys import joined
from gateways.ports import LABEL_VOID, Declined, Label, LabelMaker, LabelOrder, ParcelNews, TrackingCarrier
from gateways.registry import CARRIERS, AtCarrier
from service.gateway_accounts import NotConfigured
from service.vault import Sealed, Vault

log = logging.getLogger(__name__)

SANDBOX = "sandbox"
NO_CARRIER = "no_carrier"


def sealed(vault: Vault, account: CarrierAccount, told: Mapping[str, str]) -> CarrierAccount:
    """Return the account with these secrets, which nobody can read who has the database alone."""
    made = vault.seal(json.dumps(dict(told)).encode(), _bound_to(account))
    return replace(account, key_id=made.key_id, nonce=made.nonce, sealed=made.text)


def opened(vault: Vault, account: CarrierAccount) -> dict[str, str]:
    """Read the secrets of an account; raises NotOpened."""
    found: dict[str, str] = json.loads(
        vault.open(Sealed(account.key_id, account.nonce, account.sealed), _bound_to(account))
    )
    return found


def _bound_to(account: CarrierAccount) -> str:
    return joined("carrier_account", account.merchant_id, account.carrier_id)


class Carriers:
    """The carrier of each merchant: the account that joined last, else the sandbox where it is open to all.

    Labels are stored with an address that nobody can guess. A carrier that makes another one each time is asked once.
    """

    def __init__(self, engine: AsyncEngine, vault: Vault | None, open_to_all: TrackingCarrier | None) -> None:
        self._engine = engine
        self._vault = vault
        self._open_to_all = open_to_all

    async def issue_label(
        self, merchant_id: str, refund_id: str, rma: str, collect_within: timedelta | None = None, parcel: int = 1
    ) -> Label:
        order = LabelOrder(merchant_id, refund_id, rma, parcel, collect_within)
        async with snapshots(self._engine).connect() as connection:
            known = await return_labels.find(connection, merchant_id, rma, parcel)
            account = await carrier_accounts.newest(connection, merchant_id)
        if known is None and account is not None:
            known = await self._of_account(order, account)
        elif known is None or (known.carrier_id == SANDBOX and self._open_to_all is not None):
            known = await self._of_sandbox(order)  # which knows by itself which of its labels are void
        if known.is_void:
            raise Declined(LABEL_VOID, f"the label of {rma} was voided")
        return _label(known)

    async def void_label(self, merchant_id: str, rma: str) -> None:
        tombstone = _stored(LabelOrder(merchant_id, "", rma), "", Label("", "", ""), VOID)
        async with self._engine.begin() as connection:
            made = await return_labels.void(connection, tombstone)
        if self._open_to_all is not None:
            await self._open_to_all.void_label(merchant_id, rma)
        for label in made:
            if label.carrier_id != SANDBOX and label.called_off_at is None:
                await self._call_off(label)

    async def track(self, label: StoredLabel) -> Sequence[ParcelNews]:
        """Ask whoever made a label how far its parcel has come."""
        if label.carrier_id == SANDBOX:
            return [] if self._open_to_all is None else await self._open_to_all.track([label.tracking_number])
        maker = await self.maker(await self._account_of(label))
        return await maker.track([label.tracking_number])

    async def _of_sandbox(self, order: LabelOrder) -> StoredLabel:
        if self._open_to_all is None:
            raise Declined(NO_CARRIER, f"merchant {order.merchant_id} has no carrier: PUT /v1/carriers/{{carrier_id}}")
        made = await self._open_to_all.issue_label(
            order.merchant_id, order.refund_id, order.rma, order.collect_within, order.parcel
        )
        return await self._kept(order, SANDBOX, made)

    async def _of_account(self, order: LabelOrder, account: CarrierAccount) -> StoredLabel:
        maker = await self.maker(account)
        made = await maker.make(order)
        kept = await self._kept(order, account.carrier_id, made)
        if kept.is_void or kept.reference != made.reference:  # it was voided meanwhile, or somebody was quicker
            with suppress(Declined):
                await maker.call_off(made)
        return kept

    async def _kept(self, order: LabelOrder, carrier_id: str, made: Label) -> StoredLabel:
        stored = _stored(order, carrier_id, made, ISSUED)
        async with self._engine.begin() as connection:
            return await return_labels.keep(connection, stored, {each: made.prints[each] for each in made.prints})

    async def _call_off(self, label: StoredLabel) -> None:
        """Have a label called off at its carrier; where that is too late there, it is void here all the same."""
        account = await self._account_of(label)
        try:
            await (await self.maker(account)).call_off(_label(label))
        except Declined as declined:
            log.warning("%s does not call off %s: %s", label.carrier, label.tracking_number, declined)
        async with self._engine.begin() as connection:
            await return_labels.note_called_off(connection, label)

    async def _account_of(self, label: StoredLabel) -> CarrierAccount:
        async with snapshots(self._engine).connect() as connection:
            account = await carrier_accounts.find(connection, label.merchant_id, label.carrier_id)
        if account is None:
            raise NotConfigured(f"merchant {label.merchant_id} has no carrier {label.carrier_id!r}")
        return account

    async def maker(self, account: CarrierAccount) -> LabelMaker:
        """Open a merchant's account; there may be a library to load. Raises NotConfigured, or NotOpened."""
        if self._vault is None:
            raise NotConfigured("MAKEWHOLE_ENCRYPTION_KEYS is not set: the secrets of carriers can't be read")
        at_carrier = AtCarrier(account.settings, opened(self._vault, account), account.base_address)
        return await asyncio.to_thread(CARRIERS[account.adapter].open, at_carrier)


def _stored(order: LabelOrder, carrier_id: str, made: Label, state: str) -> StoredLabel:
    return StoredLabel(
        merchant_id=order.merchant_id,
        rma=order.rma,
        parcel=order.parcel,
        refund_id=order.refund_id,
        carrier_id=carrier_id,
        state=state,
        token=secrets.token_urlsafe(24),
        carrier=made.carrier,
        tracking_number=made.tracking_number,
        reference=made.reference,
        address=made.address,
        guide=made.guide,
        pickup_by=made.pickup_by,
        pickup_ref=made.pickup_ref,
    )


def _label(stored: StoredLabel) -> Label:
    return Label(
        label_url=f"/v1/labels/{stored.token}",
        address=stored.address,
        guide=stored.guide,
        pickup_by=stored.pickup_by,
        carrier=stored.carrier,
        tracking_number=stored.tracking_number,
        reference=stored.reference,
        pickup_ref=stored.pickup_ref,
    )
