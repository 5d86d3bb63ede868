"""The adapter of Alipay: one `out_request_no` an intent; the same number moves no money again (`fund_change: N`).

What their key has not signed is no answer. Whether a refund is done, the query says, and the account's log lists all.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from domain import clock
from gateways import trusted
from gateways.alipay.account import AlipayAccount
from gateways.alipay.answers import BEIJING, CURRENCY, NO_SUCH_TRADE, paid, reported, understood, unpaid, yuan
from gateways.alipay.limits import LOG_AT_ONCE, LOG_IS_KEPT, LOG_SPANS, MOST_CHARACTERS_OF_ORDER_NO
from gateways.alipay.signing import signed, verified
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

_TIMEOUT_S = 20.0
_TRADE_NO = re.compile(r"[0-9]{16,64}")
_ORDER_NO = re.compile(rf"[0-9A-Za-z_-]{{1,{MOST_CHARACTERS_OF_ORDER_NO}}}")


class AlipayGateway:
    """Pays back in one application; never asks twice by itself, as who asks looks first."""

    def __init__(self, account: AlipayAccount) -> None:
        self._account = account
        self._http = httpx.AsyncClient(
            base_url=account.base_address, timeout=_TIMEOUT_S, trust_env=False, verify=trusted.by_httpx()
        )

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        if instruction.amount.currency != CURRENCY:
            raise Declined("currency_differs", f"Alipay pays back in {CURRENCY}, not in {instruction.amount.currency}")
        number = refund_no(instruction.key)
        wanted = {"refund_amount": yuan(instruction.amount), "out_request_no": number}
        try:
            said = await self._of_trade("alipay.trade.refund", instruction.charge_ref, wanted)
        except Declined as declined:
            if declined.code != BALANCE_TOO_LOW:
                raise
            # They have not taken it: it is asked for again, under its number.
            return GatewayRefund("", GatewayStatus.WAITING_FOR_BALANCE)
        if said.get("fund_change") == "Y":
            return paid(str(said["trade_no"]), number)
        return await self.look_up(instruction) or unpaid(str(said["trade_no"]), number)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        """Ask whether it is done; of one that is not they say no more than of one that they never heard of."""
        number = refund_no(instruction.key)
        try:
            said = await self._of_trade(
                "alipay.trade.fastpay.refund.query", instruction.charge_ref, {"out_request_no": number}
            )
        except Declined as declined:
            if declined.code != NO_SUCH_TRADE:
                raise
            return None
        return paid(str(said["trade_no"]), number) if said.get("refund_status") == "REFUND_SUCCESS" else None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        for kind, name in _names_of(charge_ref):
            field = "alipay_order_no" if kind == "trade_no" else "merchant_order_no"
            lines = await self._log({field: name})
            if found := [each for each in (reported(line, charge_ref) for line in lines) if each]:
                return sorted(found, key=lambda each: each.at)
        return ()

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        now = clock.of_this_machine()
        begin, lines = max(since, now - LOG_IS_KEPT), list[dict[str, Any]]()
        while begin < now:
            end = min(begin + LOG_SPANS, now)
            lines += await self._log({"start_time": _written(begin), "end_time": _written(end)})
            begin = end
        found = [each for each in (reported(line) for line in lines) if each and each.at >= since]
        return sorted(found, key=lambda each: each.at)

    async def _of_trade(self, method: str, charge_ref: str, wanted: dict[str, str]) -> dict[str, Any]:
        """Ask about a trade, by whatever its name may be. Raises Declined where they have none of that name."""
        for kind, name in _names_of(charge_ref):
            try:
                return await self._ask(method, {kind: name, **wanted})
            except Declined as declined:
                if declined.code != NO_SUCH_TRADE:
                    raise
        raise Declined(NO_SUCH_TRADE, f"Alipay has no trade {charge_ref!r}")

    async def _log(self, wanted: dict[str, str]) -> list[dict[str, Any]]:
        """Read the account's log, page after page."""
        lines: list[dict[str, Any]] = []
        page = 0
        while page * LOG_AT_ONCE == len(lines):
            page += 1
            asked = {**wanted, "page_no": str(page), "page_size": str(LOG_AT_ONCE)}
            said = await self._ask("alipay.data.bill.accountlog.query", asked)
            lines += said.get("detail_list") or []
        return lines

    async def _ask(self, method: str, wanted: dict[str, str]) -> dict[str, Any]:
        """Return what they signed; raises Declined or TryLater for what they signed, and NoAnswer."""
        fields = {
            "app_id": self._account.app_id,
            "charset": "utf-8",
            "format": "JSON",
            "method": method,
            "sign_type": "RSA2",
            "timestamp": _written(clock.of_this_machine()),
            "version": "1.0",
            "biz_content": json.dumps(wanted),
        }
        form = signed(self._account, fields)
        content = form.pop("biz_content")
        answer = await self._http.post(f"/gateway.do?{urlencode(form)}", data={"biz_content": content})
        try:
            said = verified(self._account, answer.text, f"{method.replace('.', '_')}_response")
        except BadSignature as unsure:
            raise NoAnswer(f"Alipay: {answer.status_code}, which its key has not signed") from unsure
        return understood(said, answer.headers.get("retry-after", ""))


def _names_of(charge_ref: str) -> list[tuple[str, str]]:
    """Return as what an order's `gateway_ref` may be known there, best first: nothing where none of theirs looks so."""
    names = []
    if _TRADE_NO.fullmatch(charge_ref):
        names.append(("trade_no", charge_ref))
    if _ORDER_NO.fullmatch(charge_ref):
        names.append(("out_trade_no", charge_ref))
    return names


def _written(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
