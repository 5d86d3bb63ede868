"""The adapter of Stripe: one request an intent, found again by our own metadata however long ago it was.

Stripe remembers idempotency keys for a day or more, and what it answered then. So a key alone is no proof; the list of
a charge's refunds is, which has each of them from the moment it is made, with the key that it was made under.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from stripe import HTTPXClient, Refund, StripeClient
from stripe.params import (
    BalanceTransactionListParams,
    BalanceTransactionListParamsCreated,
    EventListParams,
    RefundCreateParams,
    RefundListParams,
)

from gateways.ports import Declined, GatewayRefund, NotExpressible, RefundInstruction, Reported
from gateways.settlement_reports.stripe import MOVEMENTS
from gateways.stripe.account import StripeAccount
from gateways.stripe.answers import ALREADY_REFUNDED, CHARGE, KEY, NO_SUCH_CHARGE, answer_of, reported, understood
from gateways.stripe.units import to_theirs

_TIMEOUT_S = 20.0
_AT_MOST = 100
"""So many of a list come in one answer."""

_SAFE = re.compile(r"[0-9A-Za-z_-]{1,255}")
_INTENT = "pi_"
_CHANGES = ("refund.updated", "refund.failed", "charge.refund.updated")


class StripeGateway:
    """Pays back in one account; never asks twice by itself, as who asks looks first."""

    def __init__(self, account: StripeAccount) -> None:
        self._client = StripeClient(
            account.api_key,
            stripe_account=account.account or None,
            base_addresses={"api": account.base_address} if account.base_address else None,
            max_network_retries=0,
            http_client=HTTPXClient(timeout=_TIMEOUT_S),
        )

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        try:
            with understood():
                await self._check_currency(instruction)
                made = await self._client.v1.refunds.create_async(
                    _wanted(instruction), {"idempotency_key": _idempotency_key(instruction.key)}
                )
        except NotExpressible as impossible:
            raise Declined("amount_not_expressible", str(impossible)) from impossible
        except Declined as declined:
            done = await self.look_up(instruction) if declined.code == ALREADY_REFUNDED else None
            if done is None:
                raise
            return done
        return answer_of(made)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        with understood():
            async for refund in self._newest_first(instruction.charge_ref):
                if reported(refund).key == instruction.key:
                    return answer_of(refund)
        return None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        try:
            with understood():
                found = [reported(refund) async for refund in self._newest_first(charge_ref)]
        except Declined as declined:
            if declined.code != NO_SUCH_CHARGE:
                raise
            return ()
        return [replace(each, charge_ref=charge_ref) for each in reversed(found)]

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        """List what was made since then, and what has changed by the events since then, which they keep for 30 days."""
        moment = int(since.timestamp())
        found: dict[str, Reported] = {}
        with understood():
            made = await self._client.v1.refunds.list_async({"created": {"gte": moment}, "limit": _AT_MOST})
            async for refund in made.auto_paging_iter():
                found[refund.id] = reported(refund)
            for refund_id, changed_at in (await self._changed(moment)).items():
                refund = await self._client.v1.refunds.retrieve_async(refund_id)
                found[refund_id] = reported(refund, at=changed_at)
        return sorted(found.values(), key=lambda each: each.at)

    async def settlement_report(self, since: datetime, until: datetime) -> AsyncIterator[bytes]:
        """Give the balance transactions that were made in this time, each with its refund, as JSON Lines."""
        made_at: BalanceTransactionListParamsCreated = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        for kind in MOVEMENTS:
            asked: BalanceTransactionListParams = {"type": kind, "created": made_at, "expand": ["data.source"]}
            with understood():
                listed = await self._client.v1.balance_transactions.list_async({**asked, "limit": _AT_MOST})
                async for each in listed.auto_paging_iter():
                    yield json.dumps(each.to_dict(), separators=(",", ":")).encode() + b"\n"

    async def _changed(self, since: int) -> dict[str, int]:
        """Return when each refund changed last, by the events since then."""
        changed: dict[str, int] = {}
        asked: EventListParams = {"created": {"gte": since}, "types": list(_CHANGES), "limit": _AT_MOST}
        events = await self._client.v1.events.list_async(asked)
        async for event in events.auto_paging_iter():
            refund_id = str(event.data.object["id"])
            changed[refund_id] = max(event.created, changed.get(refund_id, 0))
        return changed

    async def _newest_first(self, charge_ref: str) -> AsyncIterator[Refund]:
        page = await self._client.v1.refunds.list_async(_listed(charge_ref))
        async for refund in page.auto_paging_iter():
            yield refund

    async def _check_currency(self, instruction: RefundInstruction) -> None:
        """They pay back in the currency of the charge, whatever we mean: so ask which it is. Raises Declined."""
        charge_ref, meant = instruction.charge_ref, instruction.amount.currency
        if charge_ref.startswith(_INTENT):
            currency = (await self._client.v1.payment_intents.retrieve_async(charge_ref)).currency
        else:
            currency = (await self._client.v1.charges.retrieve_async(charge_ref)).currency
        if currency.upper() != meant:
            raise Declined("currency_differs", f"it was paid in {currency.upper()} at Stripe, not in {meant}")


def _wanted(instruction: RefundInstruction) -> RefundCreateParams:
    named = {KEY: instruction.key, CHARGE: instruction.charge_ref}
    amount = to_theirs(instruction.amount)
    if instruction.charge_ref.startswith(_INTENT):
        return {"payment_intent": instruction.charge_ref, "amount": amount, "metadata": named}
    return {"charge": instruction.charge_ref, "amount": amount, "metadata": named}


def _listed(charge_ref: str) -> RefundListParams:
    if charge_ref.startswith(_INTENT):
        return {"payment_intent": charge_ref, "limit": _AT_MOST}
    return {"charge": charge_ref, "limit": _AT_MOST}


def _idempotency_key(key: str) -> str:
    """Return the key itself; one that an earlier version made of other letters, no header can carry: its hash then."""
    return key if _SAFE.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()
