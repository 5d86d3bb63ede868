"""WeChat Pay as its documents describe it, as a program: `python -m tests.gateways.wechat_pay_peer PORT`.

It verifies what is signed, signs what it answers, encrypts what it tells, keeps each merchant's state and its rules
(a minute between refunds of a payment, at most 50, a year), and shares no code with the adapter. What lies under
`/_peer` is for the tests. Read on pay.weixin.qq.com, the pages that `docs/gateways.md` names.
"""

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.gateways.peer_http import Request, Response, post, serve
from tests.gateways.wechat_pay_peer_signatures import (
    Keys,
    encrypted,
    is_signed,
    signature_v2,
    signed,
    xml_of,
)
from tests.gateways.wechat_pay_peer_state import ACCOUNTS, Account, Order, Refused, bill, day_of, time_text

Json = dict[str, Any]

_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_TAKES_S = 0.1
_EVENTS = {"SUCCESS": "REFUND.SUCCESS", "ABNORMAL": "REFUND.ABNORMAL", "CLOSED": "REFUND.CLOSED"}
_OF_V2 = {"ABNORMAL": "CHANGE", "CLOSED": "REFUNDCLOSE"}
_FIELDS = {"transaction_id", "out_trade_no", "out_refund_no", "reason", "notify_url", "funds_account", "amount"}


async def refund(account: Account, body: Json) -> Json:
    """POST /v3/refund/domestic/refunds."""
    number, amount = _checked(body)
    if account.misses:
        account.misses -= 1
        raise Refused(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    order = account.order(body.get("transaction_id") or body.get("out_trade_no"))
    async with order.one_at_a_time:
        known = account.refunds.get(number)
        if known:
            if (known["transaction_id"], known["amount"]["refund"]) != (order.transaction_id, amount["refund"]):
                raise Refused(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return known
        _at_the_door(order)
        account.allow(order, amount["refund"], amount["total"])
        await asyncio.sleep(_TAKES_S)
        made = account.book(order, number, amount["refund"])
    if order.course == "BREAKS_DOWN":
        raise Refused(500, "SYSTEM_ERROR", "系统异常，请不要更换商户退款单号，使用相同参数再次调用API")
    return made


def _checked(body: Json) -> tuple[str, Json]:
    amount, number = body.get("amount"), body.get("out_refund_no")
    named = [name for name in ("transaction_id", "out_trade_no") if body.get(name)]
    is_right = (
        not body.keys() - _FIELDS
        and isinstance(number, str)
        and _NUMBER.fullmatch(number)
        and len(named) == 1
        and isinstance(amount, dict)
        and amount.get("currency") == "CNY"
        and all(type(amount.get(name)) is int and amount[name] > 0 for name in ("refund", "total"))
    )
    if not is_right:
        raise Refused(400, "PARAM_ERROR", "参数错误")
    return str(number), dict(amount or {})


def _at_the_door(order: Order) -> None:
    order.calls += 1
    if order.calls == 1 and order.course == "IS_BUSY":
        raise Refused(429, "FREQUENCY_LIMITED", "频率限制", **{"retry-after": "1"})
    if order.calls == 1 and order.course == "BREAKS_DOWN":
        raise Refused(500, "SYSTEM_ERROR", "系统异常，请使用相同参数再次调用API")
    if order.course == "IS_SHORT":
        raise Refused(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
    if order.course == "DECLINES":
        raise Refused(403, "USER_ACCOUNT_ABNORMAL", "用户账户异常或注销")


async def turn(account: Account, body: Json) -> None:
    """What was processed, or paid, becomes what its payment's course says; then all is told, the newest first."""
    order = account.order(body["charge"])
    order.course = "SUCCEEDS" if order.course == "IS_SHORT" else order.course  # the merchant tops it up
    becomes = body.get("becomes") or {
        "SUCCEEDS_LATER": "SUCCESS",
        "FAILS_LATER": "ABNORMAL",
        "IS_REVERSED": "ABNORMAL",
    }.get(order.course)
    for each in account.of(order):
        if becomes and each["status"] != becomes:
            account.set(each, becomes)
    told, account.untold = account.untold[::-1], []
    for number, moment, status, said in told:
        event = {
            "id": f"EV-{number:022d}",
            "create_time": moment,
            "event_type": _EVENTS[status],
            "summary": "退款结果",
            "resource_type": "encrypt-resource",
            "resource": {"original_type": "refund", **encrypted(account.keys, json.dumps(said).encode())},
        }
        for _ in range(2):
            await _tell(account, json.dumps(event).encode())


async def _tell(account: Account, body: bytes) -> None:
    if account.notify_url:
        headers = {"content-type": "application/json", **signed(account.keys, account.now(), body)}
        await post(account.notify_url, body, headers)


def refunds_v2(account: Account, text: str) -> bytes:
    """POST /pay/refundquery: ten at a time, from `offset` on."""
    said = dict(re.findall(r"<(\w+)><!\[CDATA\[(.*?)\]\]></\1>", text, re.DOTALL))
    if said.get("sign") != signature_v2(account.keys, said):
        return xml_of(account.keys, {"return_code": "FAIL", "return_msg": "签名错误"})
    answer = {"return_code": "SUCCESS", "return_msg": "OK", "appid": said["appid"], "mch_id": said["mch_id"]}
    answer["nonce_str"] = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    try:
        found = account.of(account.order(said.get("transaction_id") or said.get("out_trade_no")))
    except Refused:
        found = []
    if not found:
        missing = {"result_code": "FAIL", "err_code": "REFUNDNOTEXIST", "err_code_des": "not exist"}
        return xml_of(account.keys, answer | missing)
    offset = int(said.get("offset") or 0)
    part = found[offset : offset + 10]
    answer |= {"result_code": "SUCCESS", "transaction_id": found[0]["transaction_id"]}
    answer |= {"total_refund_count": str(len(found)), "refund_count": str(len(part))}
    for place, each in enumerate(part):
        row = {
            "out_refund_no": each["out_refund_no"],
            "refund_id": each["refund_id"],
            "refund_fee": str(each["amount"]["refund"]),
            "refund_status": _OF_V2.get(each["status"], each["status"]),
            "refund_success_time": each.get("success_time", "")[:19].replace("T", " "),
        }
        answer |= {f"{name}_{place}": value for name, value in row.items()}
    return xml_of(account.keys, answer)


def trade_bill(account: Account, query: Json) -> Json:
    """GET /v3/bill/tradebill: the bill of a day is there from ten in the morning of the next day on."""
    day = query["bill_date"]
    if day_of(account.now() - 10 * 3600) <= day:
        raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    content = bill(account, day)
    if content is None:
        raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    address = f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={day}"
    return {"hash_type": "SHA1", "hash_value": hashlib.sha1(content).hexdigest(), "download_url": address}  # noqa: S324


async def answer(request: Request) -> Response:
    address = urlsplit(request.target)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    if address.path.startswith("/_peer/"):
        return Response(200, json.dumps(await told(address.path[7:], json.loads(request.body or b"{}"))).encode())
    if address.path == "/pay/refundquery":
        return _answer_v2(request.body.decode())
    found = re.search(r'mchid="(\w+)"', request.headers.get("authorization", ""))
    account = ACCOUNTS.get(found.group(1) if found else "")
    if account is None or not is_signed(account.keys, account.now(), request):
        return Response(401, json.dumps({"code": "SIGN_ERROR", "message": "签名错误"}).encode())
    if address.path == "/v3/billdownload/file":
        return Response(200, account.spoiled(bill(account, query["token"]) or b""))
    more: dict[str, str] = {}
    try:
        status, said = 200, await _of_v3(account, request.method, address.path, query, request.body)
    except Refused as refused:
        status, said, more = refused.status, {"code": refused.code, "message": refused.message}, refused.headers
    text = json.dumps(said, ensure_ascii=False).encode()
    serial = request.headers.get("wechatpay-serial", "")
    headers = {"content-type": "application/json", **more, **signed(account.keys, account.now(), text, serial)}
    return Response(status, account.spoiled(text), headers)


def _answer_v2(text: str) -> Response:
    number = re.search(r"<mch_id><!\[CDATA\[(.*?)\]\]>", text)
    account = ACCOUNTS[number.group(1) if number else ""]
    return Response(200, account.spoiled(refunds_v2(account, text)), {"content-type": "text/xml"})


async def _of_v3(account: Account, method: str, path: str, query: Json, body: bytes) -> Json:
    match method, [unquote(part) for part in path.strip("/").split("/")]:
        case "POST", ["v3", "refund", "domestic", "refunds"]:
            return await refund(account, json.loads(body))
        case "GET", ["v3", "refund", "domestic", "refunds", number]:
            if number not in account.refunds:
                raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
            return account.refunds[number]
        case "GET", ["v3", "pay", "transactions", "id" | "out-trade-no" as kind, name]:
            order = account.order(name)
            own = order.transaction_id if kind == "id" else order.out_trade_no
            if (query.get("mchid"), name) != (account.number, own):
                raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
            return order.shown(account)
        case "GET", ["v3", "bill", "tradebill"]:
            return trade_bill(account, query)
    raise Refused(404, "NOT_FOUND", path)


async def told(what: str, body: Json) -> Json:
    """What the tests tell: accounts, payments, rules, and that time passes."""
    if what == "account":
        ACCOUNTS[body["number"]] = Account(body["number"], Keys.read(body["keys"]), notify_url=body["notify_url"])
        return {}
    account = ACCOUNTS[body["account"]]
    do: dict[str, Callable[[], object]] = {
        "charges": lambda: account.sell(body["amount"], body["course"], body.get("id", ""), body.get("days_ago", 0)),
        "refunds": lambda: list(account.refunds.values()),
        "rules": lambda: account.rule(body),
    }
    if what == "turn":
        await turn(account, body)
        return {}
    return {"said": do[what](), "now": time_text(account.now())}


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), answer))
