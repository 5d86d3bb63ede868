"""Merchants' accounts at gateways: sealed when they are told, opened for whoever asks the provider."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from opentelemetry.trace import Tracer
from sqlalchemy.ext.asyncio import AsyncEngine

from db import gateway_accounts
from db.engine import snapshots
from db.gateway_accounts import GatewayAccount
from domain.entitlements.elsewhere import system_of_cards
from domain.payout.keys import joined
from gateways.ports import GatewayRefund, PaymentGateway, RefundInstruction, Reported, ReportsSettlements
from gateways.registry import ADAPTERS, Credentials
from gateways.traced import TracedGateway
from service.heard_webhooks import HeardFromDatabase
from service.vault import Sealed, Vault

Secrets = Mapping[str, str]


class NotConfigured(Exception):
    """Nobody knows how the money is to go back: the merchant has no such gateway, or its secrets can't be read here."""


def sealed(vault: Vault, account: GatewayAccount, secrets: Secrets) -> GatewayAccount:
    """Return the account with these secrets, which nobody can read who has the database alone."""
    made = vault.seal(json.dumps(dict(secrets)).encode(), _bound_to(account))
    return replace(account, key_id=made.key_id, nonce=made.nonce, sealed=made.text)


def opened(vault: Vault, account: GatewayAccount) -> dict[str, str]:
    """Read the secrets of an account; raises NotOpened."""
    found: dict[str, str] = json.loads(
        vault.open(Sealed(account.key_id, account.nonce, account.sealed), _bound_to(account))
    )
    return found


def _bound_to(account: GatewayAccount) -> str:
    return joined("gateway_account", account.merchant_id, account.gateway_id)


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """A merchant's account, open; `provider` is the name of its adapter."""

    provider: str
    gateway: PaymentGateway


class Gateways(Mapping[str, PaymentGateway]):
    """Every gateway that a payment may name: those open to all, and by any other name the account of its merchant.

    To go through them all is to go through those open to all; which accounts a merchant has, `db/gateway_accounts.py`
    says.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        vault: Vault | None,
        open_to_all: Mapping[str, PaymentGateway],
        cards_at: Callable[[str], PaymentGateway] | None = None,
    ) -> None:
        """`cards_at` opens the gift cards of a merchant's own system, by its name, for whoever pays to them."""
        self._engine = engine
        self._tracer: Tracer | None = None
        self._cards_at = cards_at
        self._vault = vault
        self._open_to_all = open_to_all
        self._adapters: dict[tuple[str, str], tuple[GatewayAccount, PaymentGateway]] = {}

    def __getitem__(self, gateway_id: str) -> PaymentGateway:
        found = self._found(gateway_id)
        return found if self._tracer is None else TracedGateway(found, gateway_id, self._tracer)

    def _found(self, gateway_id: str) -> PaymentGateway:
        system_id = system_of_cards(gateway_id)
        if system_id is not None and self._cards_at is not None:
            return self._cards_at(system_id)
        return self._open_to_all.get(gateway_id) or _OfItsMerchant(self, gateway_id)

    def trace(self, tracer: Tracer | None) -> None:
        """With a tracer, each question to a gateway is a span from now on."""
        self._tracer = tracer

    def __iter__(self) -> Iterator[str]:
        return iter(self._open_to_all)

    def __len__(self) -> int:
        return len(self._open_to_all)

    async def opened(self, merchant_id: str, gateway_id: str) -> OpenAccount:
        """Open a merchant's account, or keep it open for as long as it is the same. Raises NotConfigured."""
        async with snapshots(self._engine).connect() as connection:
            account = await gateway_accounts.find(connection, merchant_id, gateway_id)
        if account is None:
            raise NotConfigured(f"merchant {merchant_id} has no gateway {gateway_id!r}: PUT /v1/gateways/{gateway_id}")
        kept = self._adapters.get((merchant_id, gateway_id))
        if kept is not None and kept[0] == account:
            return OpenAccount(account.adapter, kept[1])
        if self._vault is None:
            raise NotConfigured("MAKEWHOLE_ENCRYPTION_KEYS is not set: the secrets of gateways can't be read")
        credentials = Credentials(opened(self._vault, account), account.account, account.base_address)
        heard = HeardFromDatabase(self._engine, merchant_id, gateway_id)
        adapter = ADAPTERS[account.adapter].open(credentials, heard)
        self._adapters[merchant_id, gateway_id] = account, adapter
        return OpenAccount(account.adapter, adapter)

    async def reporting(self, merchant_id: str, gateway_id: str) -> tuple[ReportsSettlements, str]:
        """Open an account whose provider says what was settled, with the format it says it in. Raises NotConfigured."""
        account = await self.opened(merchant_id, gateway_id)
        format_name = ADAPTERS[account.provider].settlement_format
        if format_name is None:
            raise NotConfigured(f"{account.provider} gives no settlement reports by itself")
        return cast(ReportsSettlements, account.gateway), format_name


@dataclass(frozen=True, slots=True)
class _OfItsMerchant:
    """A gateway by its name alone: who asks says for which merchant."""

    gateways: Gateways
    gateway_id: str

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        account = await self._of(instruction.merchant_id)
        return replace(await account.gateway.refund(instruction), provider=account.provider)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        account = await self._of(instruction.merchant_id)
        found = await account.gateway.look_up(instruction)
        return None if found is None else replace(found, provider=account.provider)

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        account = await self._of(merchant_id)
        found = await account.gateway.refunds_of(merchant_id, charge_ref)
        return [replace(each, provider=account.provider) for each in found]

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        return await (await self._of(merchant_id)).gateway.report(merchant_id, since)

    async def _of(self, merchant_id: str) -> OpenAccount:
        return await self.gateways.opened(merchant_id, self.gateway_id)
