"""What WeChat Pay keeps of a merchant: payments, refunds, and the rules under which it makes them."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.gateways.wechat_pay_peer_signatures import Keys

Json = dict[str, Any]

_ORDER_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{6,32}")
_YEAR_S, _MOST = 365 * 86_400, 50
_BEIJING = timezone(timedelta(hours=8))
_BEGINS_PROCESSING = ("SUCCEEDS_LATER", "FAILS_LATER")
_HEADING = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


class Refused(Exception):
    """Ends a request with something else than what was asked for."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@dataclass(slots=True)
class Order:
    transaction_id: str
    out_trade_no: str
    amount: int
    course: str
    paid_at: float
    calls: int = 0
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def shown(self, account: "Account") -> Json:
        return {
            "mchid": account.number,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "trade_state": "REFUND" if account.of(self) else "SUCCESS",
            "success_time": time_text(self.paid_at),
            "amount": {"total": self.amount, "payer_total": self.amount, "currency": "CNY", "payer_currency": "CNY"},
        }


@dataclass(slots=True)
class Account:
    """From `between_s` on it is what a test may tell: no balance is money enough."""

    number: str
    keys: Keys
    notify_url: str
    orders: list[Order] = field(default_factory=list)
    refunds: dict[str, Json] = field(default_factory=dict)
    asked_at: dict[str, float] = field(default_factory=dict)
    billed: dict[str, str] = field(default_factory=dict)
    untold: list[tuple[int, str, str, Json]] = field(default_factory=list)
    numbers: int = 0
    between_s: float = 60.0
    balance: int | None = None
    ahead_s: float = 0.0
    spoils: str = ""
    misses: int = 0

    def now(self) -> float:
        return time.time() + self.ahead_s  # noqa: TID251

    def rule(self, body: Json) -> None:
        for name in ("between_s", "balance", "ahead_s", "spoils", "misses"):
            if name in body:
                setattr(self, name, body[name])

    def spoiled(self, body: bytes) -> bytes:
        """Change what was signed on its way, where a test has asked for it, once."""
        if self.spoils and self.spoils.encode() in body:
            body, self.spoils = body.replace(self.spoils.encode(), b"A" * len(self.spoils.encode())), ""
        return body

    def order(self, name: object) -> Order:
        for each in self.orders:
            if name in (each.transaction_id, each.out_trade_no):
                return each
        raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")

    def of(self, order: Order) -> list[Json]:
        return [each for each in self.refunds.values() if each["transaction_id"] == order.transaction_id]

    def sell(self, amount: int, course: str, reference: str, days_ago: float) -> str:
        self.numbers += 1
        transaction_id = f"42000{self.numbers:023d}"
        assert not reference or _ORDER_NUMBER.fullmatch(reference), "no order of theirs is called so"
        order_no = reference or f"order-{self.numbers}"
        self.orders.append(Order(transaction_id, order_no, amount, course, self.now() - days_ago * 86_400))
        return reference or transaction_id

    def allow(self, order: Order, amount: int, total: int) -> None:
        """Refuse what their rules refuse."""
        made = self.of(order)
        if total != order.amount:
            raise Refused(400, "INVALID_REQUEST", "订单金额不一致")
        if self.now() - order.paid_at > _YEAR_S:
            raise Refused(400, "INVALID_REQUEST", "订单已超过退款期限")
        if len(made) >= _MOST:
            raise Refused(400, "INVALID_REQUEST", "部分退款次数超过限制")
        if any(self.now() - self.asked_at[each["out_refund_no"]] < self.between_s for each in made):
            raise Refused(429, "FREQUENCY_LIMITED", "同一笔订单多次退款的请求需相隔1分钟")
        if amount > order.amount - sum(each["amount"]["refund"] for each in made if each["status"] != "CLOSED"):
            raise Refused(400, "INVALID_REQUEST", "退款金额大于可退金额")
        if self.balance is not None and amount > self.balance:
            raise Refused(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")

    def book(self, order: Order, number: str, amount: int) -> Json:
        self.numbers += 1
        made: Json = {
            "refund_id": f"50000{self.numbers:024d}",
            "out_refund_no": number,
            "transaction_id": order.transaction_id,
            "out_trade_no": order.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": time_text(self.now()),
            "status": "PROCESSING",
            "amount": {"total": order.amount, "refund": amount, "payer_refund": amount, "currency": "CNY"},
        }
        self.refunds[number] = made
        self.asked_at[number] = self.now()
        if self.balance is not None:
            self.balance -= amount
        if order.course not in _BEGINS_PROCESSING:
            self.set(made, "SUCCESS")
        self.billed[number] = made["status"]
        return made

    def set(self, made: Json, status: str) -> None:
        made["status"] = status
        if status == "SUCCESS":
            made["success_time"] = time_text(self.now())
        self.numbers += 1
        told = {name: made[name] for name in ("transaction_id", "out_trade_no", "refund_id", "out_refund_no")}
        told |= {"mchid": self.number, "refund_status": status, "user_received_account": "招商银行信用卡0403"}
        told["amount"] = {"total": made["amount"]["total"], "refund": made["amount"]["refund"]}
        self.untold.append((self.numbers, time_text(self.now()), status, told))


ACCOUNTS: dict[str, Account] = {}


def bill(account: Account, day: str) -> bytes | None:
    """Write the refunds of a day; how they stood when they were made, it says for ever."""
    lines = [_line(account, each) for each in account.refunds.values() if each["create_time"].startswith(day)]
    if not lines:
        return None
    total = sum(each["amount"]["refund"] for each in account.refunds.values() if each["create_time"].startswith(day))
    sums = ",".join(f"`{value}" for value in (len(lines), "0.00", f"{total / 100:.2f}", "0.00", "0.00", "0.00", "0.00"))
    return ("﻿" + "\r\n".join([_HEADING, *lines, _SUM, sums]) + "\r\n").encode()


def _line(account: Account, refund: Json) -> str:
    asked = refund["create_time"][:19].replace("T", " ")
    amount = f"{refund['amount']['refund'] / 100:.2f}"
    row = dict.fromkeys(_HEADING.split(","), "")
    row |= {
        "交易时间": asked,
        "商户号": account.number,
        "交易状态": "REFUND",
        "货币种类": "CNY",
        "退款申请时间": asked,
        "商品名称": "礼品, 大",
    }
    row |= {"微信订单号": refund["transaction_id"], "商户订单号": refund["out_trade_no"], "退款类型": "ORIGINAL"}
    row |= {"微信退款单号": refund["refund_id"], "商户退款单号": refund["out_refund_no"], "退款金额": amount}
    row |= {"退款状态": account.billed[refund["out_refund_no"]], "申请退款金额": amount}
    return ",".join(f"`{value}" for value in row.values())


def time_text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(_BEIJING).isoformat(timespec="seconds")


def day_of(moment: float) -> str:
    return time_text(moment)[:10]
