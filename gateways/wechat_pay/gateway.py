"""The adapter of WeChat Pay: one `out_refund_no` an intent, under which they pay once for ever.

What their key has not signed is no answer. The API v3 finds a refund by its number alone, so all refunds of a payment
come from the API v2, and those of a merchant from the bills of full days.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx

from domain import clock
from gateways import trusted
from gateways.ports import (
    BALANCE_TOO_LOW,
    Declined,
    GatewayRefund,
    GatewayStatus,
    NoAnswer,
    RefundInstruction,
    Reported,
)
from gateways.refund_names import refund_no
from gateways.signatures import BadSignature
from gateways.wechat_pay import bills, listing
from gateways.wechat_pay.account import WeChatPayAccount
from gateways.wechat_pay.answers import (
    BILLED,
    NO_BILL,
    NO_SUCH_ORDER,
    NO_SUCH_THING,
    WeChatPayRefund,
    WeChatPayTransaction,
    refuse,
    reported,
    status_of,
)
from gateways.wechat_pay.limits import LISTED_AT_ONCE, STILL_ON_THEIR_WAY
from gateways.wechat_pay.names import names_of_charge
from gateways.wechat_pay.signing import as_v2, authorization, from_v2, verify

_CURRENCY = "CNY"
_REFUNDS = "/v3/refund/domestic/refunds"
_TIMEOUT_S = 20.0
_OK = 200


class WeChatPayGateway:
    """Pays back in one account; never asks twice by itself, as who asks looks first."""

    def __init__(self, account: WeChatPayAccount) -> None:
        self._account = account
        self._http = httpx.AsyncClient(
            base_url=account.base_address, timeout=_TIMEOUT_S, trust_env=False, verify=trusted.by_httpx()
        )

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        if instruction.amount.currency != _CURRENCY:
            raise Declined(
                "currency_differs", f"WeChat Pay pays back in {_CURRENCY}, not in {instruction.amount.currency}"
            )
        paid = await self._transaction(instruction.charge_ref)
        wanted = {
            "transaction_id": paid.transaction_id,
            "out_refund_no": refund_no(instruction.key),
            "amount": {"refund": instruction.amount.minor_units, "total": paid.amount.total, "currency": _CURRENCY},
        }
        try:
            made = await self._ask("POST", _REFUNDS, wanted)
        except Declined as declined:
            if declined.code == BALANCE_TOO_LOW:  # they have not taken it: it is asked for again, under its number
                return GatewayRefund("", GatewayStatus.WAITING_FOR_BALANCE)
            if declined.code in (NO_SUCH_THING, NO_SUCH_ORDER):  # they have just shown us the payment
                raise NoAnswer(f"WeChat Pay: {declined.code} of a payment that it has") from declined
            raise
        return WeChatPayRefund.model_validate(made).answer

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        found = await self._refund(refund_no(instruction.key))
        return found.answer if found else None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        for kind, name in names_of_charge(charge_ref):
            if found := await self._listed(kind, name, charge_ref):
                return found
        return ()

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        """List what the bills of full days since then have, as it is now; a day's bill is made the next morning."""
        days = bills.days(since, clock.of_this_machine())
        billed = [each for day in days for each in bills.rows(await self._bill(day))]
        found = [await self._as_it_is(each) for each in billed if each.at >= since]
        return sorted(found, key=lambda each: each.at)

    async def settlement_report(self, since: datetime, until: datetime) -> AsyncIterator[bytes]:
        """Give the bills of refunds of full days in this time and shortly before it, each refund as it is by now.

        A bill says for ever what was on its way when it was made.
        """
        for day in bills.days(since - STILL_ON_THEIR_WAY, until):
            if bill := await self._bill(day):
                yield bills.with_states(bill, await self._ended(bill)).encode()

    async def _ended(self, bill: str) -> dict[str, str]:
        """Say what became of the refunds that a bill has as on their way, in its own words, by their numbers."""
        found: dict[str, str] = {}
        for each in bills.rows(bill):
            if status_of(each.status) is GatewayStatus.PENDING and (now := await self._refund(each.refund_no)):
                found[each.refund_no] = BILLED.get(status_of(now.status), each.status)
        return found

    async def _transaction(self, charge_ref: str) -> WeChatPayTransaction:
        for kind, name in names_of_charge(charge_ref):
            place = "id" if kind == "transaction_id" else "out-trade-no"
            query = urlencode({"mchid": self._account.merchant_number})
            try:
                found = await self._ask("GET", f"/v3/pay/transactions/{place}/{quote(name, safe='')}?{query}")
            except Declined as declined:
                if declined.code not in (NO_SUCH_ORDER, NO_SUCH_THING):
                    raise
            else:
                return WeChatPayTransaction.model_validate(found)
        raise Declined(NO_SUCH_ORDER, f"WeChat Pay has no payment {charge_ref!r}")

    async def _refund(self, name: str) -> WeChatPayRefund | None:
        try:
            return WeChatPayRefund.model_validate(await self._ask("GET", f"{_REFUNDS}/{quote(name, safe='')}"))
        except Declined as declined:
            if declined.code != NO_SUCH_THING:
                raise
            return None

    async def _listed(self, kind: str, name: str, charge_ref: str) -> list[Reported]:
        """Read the list, page after page, the oldest first."""
        found: list[Reported] = []
        total = 1
        while len(found) < total:
            body = as_v2(self._account, {kind: name, "offset": str(len(found))})
            answer = await self._http.post(listing.PATH, content=body, headers={"content-type": "text/xml"})
            part, total = listing.page(from_v2(self._account, answer.text), charge_ref)
            found += part
            if len(part) < LISTED_AT_ONCE:
                break
        return found

    async def _bill(self, day: date) -> str:
        """Return the bill of a day's refunds; empty where there is none, or none yet."""
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "REFUND"})
        try:
            told = await self._ask("GET", f"/v3/bill/tradebill?{query}")
        except Declined as declined:
            if declined.code != NO_BILL:
                raise
            return ""
        address = urlsplit(told["download_url"])
        answer = await self._send("GET", f"{address.path}?{address.query}")
        if answer.status_code != _OK:
            raise NoAnswer(f"WeChat Pay: {answer.status_code} instead of a bill")
        return bills.checked(answer.content, told["hash_value"])

    async def _as_it_is(self, billed: bills.Billed) -> Reported:
        is_final = status_of(billed.status) is GatewayStatus.SUCCEEDED
        now = None if is_final else await self._refund(billed.refund_no)
        as_billed = reported(billed.refund_no, billed.refund_id, billed.fen, billed.status, billed.at, billed.order_no)
        return replace(as_billed, status=status_of(now.status)) if now else as_billed

    async def _ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what they signed; raises Declined or TryLater for what they signed, and NoAnswer."""
        answer = await self._send(method, target, "" if body is None else json.dumps(body))
        try:
            verify(self._account, answer.headers, answer.content)
            said = answer.json()
        except (BadSignature, ValueError) as unsure:
            raise NoAnswer(f"WeChat Pay: {answer.status_code}, which its key has not signed") from unsure
        if answer.status_code != _OK:
            refuse(answer.status_code, said, answer.headers.get("retry-after", ""))
        return dict(said)

    async def _send(self, method: str, target: str, body: str = "") -> httpx.Response:
        headers = {
            "authorization": authorization(self._account, method, target, body),
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "makewhole",
            **self._account.signs_with,
        }
        return await self._http.request(method, target, content=body or None, headers=headers)
