"""The adapter of Adyen: one `reference` an intent, and what has become of it is only told by webhook.

Nothing can be looked up there. So what was told is kept, and read here; and a request whose outcome nobody knows is
sent again under its key for as long as they keep that, and then never again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from domain import clock
from gateways import trusted
from gateways.adyen.account import AdyenAccount
from gateways.adyen.limits import AGAIN_AFTER, KEYS_ARE_GOOD_FOR
from gateways.adyen.told import AdyenTold, refunds
from gateways.adyen.units import to_theirs
from gateways.ports import (
    Declined,
    GatewayRefund,
    GatewayStatus,
    HeardWebhooks,
    JsonObject,
    NoAnswer,
    NotExpressible,
    RefundInstruction,
    Reported,
    TryLater,
)
from gateways.refund_names import refund_no
from gateways.retry_after import retry_after

_TIMEOUT_S = 20.0
_CREATED, _REFUSED, _BUSY = 201, 422, 429
_DEFINITE = {"137", "138", "167"}
"""A no to this refund: the amount, its currency, no such payment (docs.adyen.com/development-resources/error-codes).

All else (704: the same request is under way; 901: no such merchant account; …) says nothing of the money.
"""


class AdyenGateway:
    """Pays back in one merchant account; never asks twice by itself, as who asks looks first."""

    def __init__(self, account: AdyenAccount, heard: HeardWebhooks) -> None:
        self._account = account
        self._heard = heard
        self._http = httpx.AsyncClient(
            base_url=account.base_address, timeout=_TIMEOUT_S, trust_env=False, verify=trusted.by_httpx()
        )

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        """Ask for it; they say only that they have got it, and may have told what became of it before that."""
        asked_at = instruction.asked_at
        if asked_at is not None and clock.of_this_machine() - asked_at > KEYS_ARE_GOOD_FOR:
            raise NoAnswer(
                f"Adyen was asked on {asked_at:%Y-%m-%d} and has told nothing of {refund_no(instruction.key)}: it has "
                "forgotten the request's key by now, so look for this reference in its Customer Area"
            )
        try:
            made = await self._ask(instruction)
        except NotExpressible as impossible:
            raise Declined("amount_not_expressible", str(impossible)) from impossible
        told = await self.look_up(instruction)
        return told or GatewayRefund(made, GatewayStatus.PENDING, pending_reason="received")

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        """Return what was told of it; of one that they have only got, that."""
        told = refunds(_read(await self._heard.of_key(instruction.key)))
        if told:
            standing = [each for each, _ in told if each.status is not GatewayStatus.FAILED]
            return (standing or [each for each, _ in told])[-1]
        if instruction.reference:
            return GatewayRefund(instruction.reference, GatewayStatus.PENDING, pending_reason="received")
        return None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        return [each for _, each in refunds(_read(await self._heard.of_charge(charge_ref)))]

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        """List what was told since then: they give no list."""
        return [each for _, each in refunds(_read(await self._heard.since(since))) if each.at >= since]

    async def _ask(self, instruction: RefundInstruction) -> str:
        """Return their reference; raises Declined, TryLater, NoAnswer."""
        name = refund_no(instruction.key)
        answer = await self._http.post(
            f"/v72/payments/{quote(instruction.charge_ref, safe='')}/refunds",
            json={
                "merchantAccount": self._account.merchant_account,
                "amount": to_theirs(instruction.amount),
                "reference": name,
            },
            headers={"x-api-key": self._account.api_key, "idempotency-key": name},
        )
        if answer.status_code == _BUSY:
            raise TryLater(retry_after(answer.headers.get("retry-after", ""), AGAIN_AFTER))
        try:
            said = dict(answer.json())
        except (ValueError, TypeError) as unclear:
            raise NoAnswer(f"Adyen: {answer.status_code}, which is no object") from unclear
        if answer.status_code == _CREATED and said.get("pspReference"):
            return str(said["pspReference"])
        raise _refused(answer.status_code, said)


def _refused(status: int, said: dict[str, Any]) -> Declined | NoAnswer:
    code, message = str(said.get("errorCode", "")), str(said.get("message", ""))
    if status == _REFUSED and code in _DEFINITE:
        return Declined(code, message or "Adyen refuses it")
    return NoAnswer(f"Adyen: {status} {code} {message}")


def _read(bodies: Sequence[JsonObject]) -> list[AdyenTold]:
    """Leave out what another provider told, whose account the gateway was before."""
    return [AdyenTold.model_validate(body) for body in bodies if "pspReference" in body]
