"""What Alipay's answers and refusals mean to us."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from domain.money.amounts import Money
from gateways.alipay.limits import AGAIN_AFTER
from gateways.ports import BALANCE_TOO_LOW, Declined, GatewayRefund, GatewayStatus, NoAnswer, Reported, TryLater
from gateways.refund_names import key_of
from gateways.retry_after import retry_after

BEIJING = timezone(timedelta(hours=8))
CURRENCY = "CNY"
NO_SUCH_TRADE = "ACQ.TRADE_NOT_EXIST"

_DONE = "10000"
_REFUSED = "40004"
_BUSY = "40005"
_NOT_ENOUGH = "ACQ.SELLER_BALANCE_NOT_ENOUGH"
_DEFINITE = {
    NO_SUCH_TRADE,
    "ACQ.BUYER_NOT_EXIST",
    "ACQ.REASON_TRADE_BEEN_FREEZEN",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "ACQ.REFUND_FEE_ERROR",
    "ACQ.TRADE_HAS_CLOSE",
    "ACQ.TRADE_HAS_FINISHED",
    "ACQ.TRADE_NOT_ALLOW_REFUND",
    "ACQ.TRADE_STATUS_ERROR",
}
"""A no to this refund. All else (ACQ.SYSTEM_ERROR, ACQ.DISCORDANT_REPEAT_REQUEST, 20000, …) says nothing of it."""


def understood(said: dict[str, Any], busy_for: str) -> dict[str, Any]:
    """Return what was done; raises Declined for a definite no, TryLater for a busy Alipay, NoAnswer for all else."""
    code, reason = str(said.get("code", "")), str(said.get("sub_code", ""))
    if code == _DONE:
        return said
    if code == _BUSY:
        raise TryLater(retry_after(busy_for, AGAIN_AFTER))
    if code == _REFUSED and reason == _NOT_ENOUGH:
        raise Declined(BALANCE_TOO_LOW, str(said.get("sub_msg", "")) or "the merchant's balance is too low")
    if code == _REFUSED and reason in _DEFINITE:
        raise Declined(reason, str(said.get("sub_msg", "")) or "Alipay refuses it")
    raise NoAnswer(f"Alipay: {code} {reason} {said.get('sub_msg', '')}")


def reference_of(trade_no: str, request_no: str) -> str:
    """Name a refund as they do: they have no number of their own for it but the request's, within its trade."""
    return f"{trade_no}/{request_no}"


def paid(trade_no: str, request_no: str) -> GatewayRefund:
    return GatewayRefund(reference_of(trade_no, request_no), GatewayStatus.SUCCEEDED)


def unpaid(trade_no: str, request_no: str) -> GatewayRefund:
    """They have taken it, and don't say that it is done."""
    return GatewayRefund(reference_of(trade_no, request_no), GatewayStatus.PENDING, pending_reason="fund_change: N")


def yuan(amount: Money) -> str:
    return f"{amount.minor_units // 100}.{amount.minor_units % 100:02d}"


def reported(line: dict[str, Any], charge_ref: str = "") -> Reported | None:
    """Read a line of the account's log: a refund is what went out for a trade, by its number or its name."""
    amount, request_no = Decimal(str(line["trans_amount"])), str(line.get("merchant_out_refund_no") or "")
    is_refund = request_no or _REFUND in f"{line.get('type', '')}{line.get('biz_desc', '')}"
    if amount >= 0 or not is_refund:
        return None
    trade_no = str(line["alipay_order_no"])
    return Reported(
        key=key_of(request_no),
        reference=reference_of(trade_no, request_no or str(line["account_log_id"])),
        amount=Money(CURRENCY, int(-amount * 100)),
        status=GatewayStatus.SUCCEEDED,
        at=datetime.strptime(str(line["trans_dt"]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING),
        charge_ref=charge_ref or trade_no,
    )


_REFUND = "退款"
