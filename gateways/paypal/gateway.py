"""The adapter of PayPal: one request an intent, found again by our own name of it among the refunds of the order.

PayPal keeps the id of a request for 45 days. So an id alone is no proof; the capture's order lists all refunds, each
with our `custom_id`, and an `invoice_id` is refunded once, however long ago that was.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from pydantic import ValidationError

from domain import clock
from gateways import trusted
from gateways.paypal.account import PayPalAccount
from gateways.paypal.answers import (
    ALREADY_NAMED,
    ALREADY_REFUNDED,
    NO_SUCH_THING,
    REFUNDED,
    PayPalRefund,
    PayPalTransaction,
    TooManyListed,
    understood,
)
from gateways.paypal.limits import LISTED_AT_ONCE, SEARCHED_AFTER, SEARCHED_AT_ONCE
from gateways.paypal.names import custom_id, request_id
from gateways.paypal.token import Token
from gateways.paypal.units import to_theirs
from gateways.ports import (
    BALANCE_TOO_LOW,
    Declined,
    GatewayRefund,
    GatewayStatus,
    NoAnswer,
    NotExpressible,
    RefundInstruction,
    Reported,
)

_TIMEOUT_S = 20.0
_UNAUTHORIZED = 401
_NOTHING_WENT_BACK = "COMPLETED"
_SHORTEST = timedelta(seconds=2)


class PayPalGateway:
    """Pays back in one account; never asks twice by itself, as who asks looks first."""

    def __init__(self, account: PayPalAccount) -> None:
        self._http = httpx.AsyncClient(
            base_url=account.base_address, timeout=_TIMEOUT_S, trust_env=False, verify=trusted.by_httpx()
        )
        self._token = Token(account, self._http)

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        """Ask for it; what they refuse as the balance is too low, they have not taken: it has no reference yet."""
        try:
            made = await self._ask(
                "POST",
                f"/v2/payments/captures/{quote(instruction.charge_ref, safe='')}/refund",
                body=_wanted(instruction),
                headers={"paypal-request-id": request_id(instruction.key), "prefer": "return=representation"},
            )
        except NotExpressible as impossible:
            raise Declined("amount_not_expressible", str(impossible)) from impossible
        except Declined as declined:
            return await self._after_a_no(instruction, declined)
        return _refund(made).answer

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        name = custom_id(instruction.key)
        own = [each for each in await self._refunds(instruction.charge_ref) if each.name == name]
        return own[-1].answer if own else None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        return [each.reported(charge_ref) for each in await self._refunds(charge_ref)]

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        """List what the transaction search has; it has a transaction three hours after it was made."""
        found = [each.reported async for each in self._searched(since, clock.of_this_machine())]
        return sorted(found, key=lambda each: each.at)

    async def settlement_report(self, since: datetime, until: datetime) -> AsyncIterator[bytes]:
        """Give the refunds that were made, or became something else, in this time, as JSON Lines.

        The search goes by when a refund was made; one by eCheck is paid days later. What is younger than three hours
        is left for the next report, as they may have later ones and lack earlier ones.
        """
        end = until - SEARCHED_AFTER
        async for each in self._searched(since - SEARCHED_AT_ONCE, end):
            if since <= each.transaction_updated_date < end:
                yield b'{"transaction_info":' + each.model_dump_json().encode() + b"}\n"

    async def _after_a_no(self, instruction: RefundInstruction, declined: Declined) -> GatewayRefund:
        """Say what a no means: it may be that of a refund that is done, or of a balance that is too low by now."""
        if declined.code == BALANCE_TOO_LOW:
            return GatewayRefund("", GatewayStatus.WAITING_FOR_BALANCE)
        done = await self.look_up(instruction) if declined.code in (ALREADY_REFUNDED, ALREADY_NAMED) else None
        if done is not None:
            return done
        if declined.code == ALREADY_NAMED:
            raise NoAnswer("PayPal has refunded our invoice id, and lists no such refund") from declined
        raise declined

    async def _refunds(self, charge_ref: str) -> list[PayPalRefund]:
        """Return all refunds of a capture, the oldest first: its order has them."""
        try:
            capture = await self._ask("GET", f"/v2/payments/captures/{quote(charge_ref, safe='')}")
        except Declined as declined:
            if declined.code != NO_SUCH_THING:
                raise
            return []
        order = await self._order(capture)
        if order is None:
            if capture.get("status") != _NOTHING_WENT_BACK:
                raise NoAnswer(f"PayPal says {capture.get('status')} of capture {charge_ref}, and has no order of it")
            return []
        units = order.get("purchase_units") or []
        listed = [_refund(each) for unit in units for each in (unit.get("payments") or {}).get("refunds") or []]
        return sorted((each for each in listed if each.is_of(charge_ref)), key=_made_at)

    async def _order(self, capture: dict[str, Any]) -> dict[str, Any] | None:
        named = (capture.get("supplementary_data") or {}).get("related_ids") or {}
        if not named.get("order_id"):
            return None
        try:
            return await self._ask("GET", f"/v2/checkout/orders/{quote(named['order_id'], safe='')}")
        except Declined as declined:
            if declined.code != NO_SUCH_THING:
                raise
            return None

    async def _searched(self, since: datetime, until: datetime) -> AsyncIterator[PayPalTransaction]:
        """Read the refunds that were made in a time, each once: the second in which spans meet belongs to both."""
        begin, seen = since, set[str]()
        while begin < until:
            end = min(begin + SEARCHED_AT_ONCE, until)
            async for each in self._in_span(begin, end):
                if each.transaction_id not in seen:
                    seen.add(each.transaction_id)
                    yield each
            begin = end

    async def _in_span(self, begin: datetime, end: datetime) -> AsyncIterator[PayPalTransaction]:
        """Read a span that they search at once; one with more than they list is read in halves."""
        try:
            async for each in self._pages(begin, end):
                yield each
        except TooManyListed:
            if end - begin < _SHORTEST:
                raise
            middle = begin + (end - begin) / 2
            for half in ((begin, middle), (middle, end)):
                async for each in self._in_span(*half):
                    yield each

    async def _pages(self, begin: datetime, end: datetime) -> AsyncIterator[PayPalTransaction]:
        page, pages = 0, 1
        while page < pages:
            page += 1
            wanted = {
                "transaction_type": REFUNDED,
                "start_date": begin.isoformat(timespec="seconds"),
                "end_date": end.isoformat(timespec="seconds"),
                "fields": "transaction_info",
                "page_size": LISTED_AT_ONCE,
                "page": page,
            }
            said = await self._ask("GET", f"/v1/reporting/transactions?{urlencode(wanted)}")
            pages = int(said.get("total_pages") or 0)
            for each in said.get("transaction_details") or []:
                found = _transaction(each)
                if found.went_out:
                    yield found

    async def _ask(
        self, method: str, target: str, *, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Return what they say; raises Declined, TryLater, NoAnswer. A token that they don't take is fetched anew."""
        token = await self._token.current()
        answer = await self._sent(token, method, target, body, headers)
        if answer.status_code == _UNAUTHORIZED:
            token = await self._token.current(refused=token)
            answer = await self._sent(token, method, target, body, headers)
        return understood(answer)

    async def _sent(
        self, token: str, method: str, target: str, body: dict[str, Any] | None, headers: dict[str, str] | None
    ) -> httpx.Response:
        own = {"authorization": f"Bearer {token}", "accept": "application/json", **(headers or {})}
        return await self._http.request(method, target, json=body, headers=own)


def _wanted(instruction: RefundInstruction) -> dict[str, Any]:
    """Name it twice: `custom_id` is for us, an `invoice_id` is refunded once for ever."""
    name = custom_id(instruction.key)
    return {"amount": to_theirs(instruction.amount), "custom_id": name, "invoice_id": name}


def _made_at(refund: PayPalRefund) -> float:
    return refund.create_time.timestamp() if refund.create_time else 0.0


def _refund(said: dict[str, Any]) -> PayPalRefund:
    try:
        return PayPalRefund.model_validate(said)
    except ValidationError as unclear:
        raise NoAnswer("PayPal: a refund that makes no sense") from unclear


def _transaction(said: dict[str, Any]) -> PayPalTransaction:
    try:
        return PayPalTransaction.model_validate(said["transaction_info"])
    except (KeyError, ValidationError) as unclear:
        raise NoAnswer("PayPal: a transaction that makes no sense") from unclear
