"""Alipay's gateway as its documents describe it, as a program: `python -m tests.gateways.alipay_peer PORT`.

It verifies what is signed, signs what it answers and tells, keeps each application's trades, and shares no code with
the adapter. What lies under `/_peer` is for the tests. `docs/gateways.md` names the documents.
"""

import asyncio
import base64
import json
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.gateways.peer_http import Request, Response, post, serve
from tests.gateways.peer_keys import own_key

Json = dict[str, Any]

_TAKES_S = 0.1
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_PAGE = 2_000


class Refused(Exception):
    """Ends a request with a no."""

    def __init__(self, code: str, sub_code: str, message: str = "业务处理失败", **headers: str) -> None:
        super().__init__(message)
        self.said = {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": message}
        self.headers = headers


@dataclass(slots=True)
class Trade:
    trade_no: str
    out_trade_no: str
    fen: int
    course: str
    calls: int = 0
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Refund:
    """`is_done` is false of what they have taken and not yet paid."""

    trade: Trade
    number: str
    fen: int
    at: float
    is_done: bool


@dataclass(slots=True)
class Application:
    app_id: str
    merchant: rsa.RSAPublicKey
    own: rsa.RSAPrivateKey
    notify_url: str
    trades: list[Trade] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    untold: list[Refund] = field(default_factory=list)
    balance: int | None = None
    spoils: str = ""
    numbers: int = 0

    def sign(self, content: str) -> str:
        return base64.b64encode(self.own.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    def has_signed(self, fields: Json) -> bool:
        content = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name])
        try:
            signature = base64.b64decode(fields.get("sign", ""))
            self.merchant.verify(signature, content.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def trade(self, said: Json) -> Trade:
        for each in self.trades:
            if said.get("trade_no", each.trade_no) == each.trade_no and said.get("out_trade_no") in (
                None,
                each.out_trade_no,
            ):
                return each
        raise Refused("40004", "ACQ.TRADE_NOT_EXIST", "交易不存在")

    def of(self, trade: Trade) -> list[Refund]:
        return [each for each in self.refunds if each.trade is trade]

    def number(self) -> int:
        self.numbers += 1
        return self.numbers


APPLICATIONS: dict[str, Application] = {}


async def refund(app: Application, said: Json) -> Json:
    """alipay.trade.refund: the same number moves no money again."""
    amount, number = str(said.get("refund_amount", "")), str(said.get("out_request_no", ""))
    if not _AMOUNT.fullmatch(amount) or not 1 <= len(number) <= 64:
        raise Refused("40004", "ACQ.INVALID_PARAMETER", "参数无效")
    trade, fen = app.trade(said), int(amount.replace(".", ""))
    async with trade.one_at_a_time:
        known = next((each for each in app.of(trade) if each.number == number), None)
        if known:
            if known.fen != fen:
                raise Refused("40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求")
            return _answer(app, trade, "N")
        _at_the_door(trade)
        _allowed(app, trade, fen)
        await asyncio.sleep(_TAKES_S)
        made = Refund(trade, number, fen, time.time(), trade.course != "SUCCEEDS_LATER")  # noqa: TID251
        app.refunds.append(made)
        if app.balance is not None:
            app.balance -= fen
        if made.is_done:
            app.untold.append(made)
    if trade.course == "BREAKS_DOWN":
        raise Refused("20000", "isp.unknow-error", "系统繁忙")
    return _answer(app, trade, "Y" if made.is_done else "N")


def _at_the_door(trade: Trade) -> None:
    trade.calls += 1
    if trade.calls == 1 and trade.course == "IS_BUSY":
        raise Refused("40005", "isv.app-call-limited", "应用调用次数超限", **{"retry-after": "1"})
    if trade.calls == 1 and trade.course == "BREAKS_DOWN":
        raise Refused("40004", "ACQ.SYSTEM_ERROR", "系统错误")
    if trade.course == "IS_SHORT":
        raise Refused("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
    if trade.course == "DECLINES":
        raise Refused("40004", "ACQ.TRADE_HAS_FINISHED", "交易已完结")


def _allowed(app: Application, trade: Trade, fen: int) -> None:
    if fen > trade.fen - sum(each.fen for each in app.of(trade)):
        raise Refused("40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")
    if app.balance is not None and fen > app.balance:
        raise Refused("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")


def _answer(app: Application, trade: Trade, fund_change: str) -> Json:
    """`refund_fee` is what has gone back of the trade in all."""
    done = sum(each.fen for each in app.of(trade) if each.is_done)
    said = {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "buyer_logon_id": "159****5620"}
    return {**said, "fund_change": fund_change, "refund_fee": yuan(done)}


def query(app: Application, said: Json) -> Json:
    """alipay.trade.fastpay.refund.query: of what is not done they say nothing but that they were asked."""
    trade = app.trade(said)
    for each in app.of(trade):
        if each.number == said["out_request_no"] and each.is_done:
            return {
                "trade_no": trade.trade_no,
                "out_trade_no": trade.out_trade_no,
                "out_request_no": each.number,
                "refund_amount": yuan(each.fen),
                "total_amount": yuan(trade.fen),
                "refund_status": "REFUND_SUCCESS",
            }
    return {}


def log(app: Application, said: Json) -> Json:
    """alipay.data.bill.accountlog.query: by a trade's name, or by time, both sides of the account."""
    lines: list[Json] = []
    for trade in app.trades:
        if said.get("alipay_order_no", trade.trade_no) != trade.trade_no:
            continue
        if said.get("merchant_order_no", trade.out_trade_no) != trade.out_trade_no:
            continue
        about = {"alipay_order_no": trade.trade_no, "merchant_order_no": trade.out_trade_no, "type": "交易"}
        lines.append({**about, "trans_amount": yuan(trade.fen), "direction": "收入", "trans_dt": "2020-01-01 00:00:00"})
        lines += [
            {
                **about,
                "type": "交易退款",
                "merchant_out_refund_no": each.number,
                "trans_amount": f"-{yuan(each.fen)}",
                "direction": "支出",
                "trans_dt": beijing(each.at),
            }
            for each in app.of(trade)
            if each.is_done
        ]
    if "start_time" in said:
        lines = [each for each in lines if said["start_time"] <= each["trans_dt"] < said["end_time"]]
    lines = [{"account_log_id": str(place), "balance": "0.00", **each} for place, each in enumerate(lines)]
    begin = (int(said["page_no"]) - 1) * _PAGE
    return {"page_no": said["page_no"], "total_size": str(len(lines)), "detail_list": lines[begin : begin + _PAGE]}


async def turn(app: Application, said: Json) -> None:
    """What they have taken is done; then all is told, the newest first, each twice."""
    trade = app.trade({} if not said["charge"] else _named(said["charge"], app))
    trade.course = "SUCCEEDS" if trade.course == "IS_SHORT" else trade.course  # the merchant tops it up
    for each in app.of(trade):
        if not each.is_done:
            each.is_done = True
            app.untold.append(each)
    told, app.untold = app.untold[::-1], []
    for each in told:
        notify_id = f"2026112900222{app.number():010d}"
        for _ in range(2):
            await _tell(app, each, notify_id)


async def _tell(app: Application, made: Refund, notify_id: str) -> None:
    fields = {
        "notify_id": notify_id,
        "notify_type": "trade_status_sync",
        "notify_time": beijing(time.time()),  # noqa: TID251
        "app_id": app.app_id,
        "charset": "utf-8",
        "version": "1.0",
        "trade_no": made.trade.trade_no,
        "out_trade_no": made.trade.out_trade_no,
        "out_biz_no": made.number,
        "trade_status": "TRADE_SUCCESS",
        "gmt_refund": beijing(made.at),
        "refund_fee": yuan(made.fen),
        "buyer_logon_id": "159****5620",
    }
    content = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    body = urlencode({**fields, "sign_type": "RSA2", "sign": app.sign(content)}).encode()
    if app.notify_url:
        await post(app.notify_url, body, {"content-type": "application/x-www-form-urlencoded; charset=utf-8"})


def _named(charge: str, app: Application) -> Json:
    return {"trade_no": charge} if any(each.trade_no == charge for each in app.trades) else {"out_trade_no": charge}


async def answer(request: Request) -> Response:
    address = urlsplit(request.target)
    if address.path.startswith("/_peer/"):
        said = await told(address.path.removeprefix("/_peer/"), json.loads(request.body or b"{}"))
        return Response(200, json.dumps(said).encode())
    fields = dict(parse_qsl(address.query)) | dict(parse_qsl(request.body.decode()))
    app = APPLICATIONS.get(fields.get("app_id", ""))
    if address.path != "/gateway.do" or app is None or not app.has_signed(fields) or fields.get("sign_type") != "RSA2":
        said = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"}
        return Response(200, json.dumps({"error_response": said}).encode())
    more: dict[str, str] = {}
    try:
        made = {
            "code": "10000",
            "msg": "Success",
            **await _done(app, fields["method"], json.loads(fields["biz_content"])),
        }
    except Refused as refused:
        made, more = refused.said, refused.headers
    node = json.dumps(made, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    text = f'{{"{fields["method"].replace(".", "_")}_response":{node},"sign":"{app.sign(node)}"}}'
    if app.spoils and app.spoils in text:
        text, app.spoils = text.replace(app.spoils, "A" * len(app.spoils), 1), ""
    return Response(200, text.encode(), {"content-type": "text/html;charset=utf-8", **more})


async def _done(app: Application, method: str, said: Json) -> Json:
    match method:
        case "alipay.trade.refund":
            return await refund(app, said)
        case "alipay.trade.fastpay.refund.query":
            return query(app, said)
        case "alipay.data.bill.accountlog.query":
            return log(app, said)
    raise Refused("40002", "isv.invalid-method", method)


async def told(what: str, said: Json) -> Json:
    """What the tests tell: applications, trades, rules, and that time passes."""
    if what == "account":
        merchant = serialization.load_pem_public_key(said["merchant"].encode())
        assert isinstance(merchant, rsa.RSAPublicKey)
        own = own_key(said["own"])
        APPLICATIONS[said["app_id"]] = Application(said["app_id"], merchant, own, said["notify_url"])
        return {}
    app = APPLICATIONS[said["account"]]
    match what:
        case "charges":
            number = app.number()
            out_trade_no = said["id"] or f"order_{number}"
            trade = Trade(f"2026112922001{number:015d}", out_trade_no, said["amount"], said["course"])
            app.trades.append(trade)
            return {"charge": said["id"] or trade.trade_no}
        case "turn":
            await turn(app, said)
        case "rules":
            app.balance, app.spoils = said.get("balance", app.balance), said.get("spoils", app.spoils)
        case "refunds":
            return {
                "refunds": [[e.trade.trade_no, e.trade.out_trade_no, e.number, e.fen, e.is_done] for e in app.refunds]
            }
    return {}


def yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def beijing(moment: float) -> str:
    return (datetime.fromtimestamp(moment, UTC) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), answer))
