"""WeChat Pay's trade bills (交易账单), types ALL and REFUND, one or several: CSV in UTF-8, values behind a backtick.

Read on pay.weixin.qq.com, "交易账单文件格式说明" (version of 2023-09-26), on 2026-11-29: the day of a refund is the day
on which it was accepted, and its state in the bill is not changed afterwards. So PROCESSING says that it is on its way.
"""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.settlement_reports.chinese_csv import Row, rows, time_of
from gateways.settlement_reports.reading import ReportFault, amount_moved

_NEEDED = ("交易时间", "微信订单号", "交易状态", "货币种类", "微信退款单号", "商户退款单号", "退款金额", "退款状态")
_TOTALS = "总交易单数"
_ACCEPTED_AT, _SUCCEEDED_AT, _AT = "退款申请时间", "退款成功时间", "交易时间"

_REFUND = "REFUND"
_STATES = {"SUCCESS": True, "PROCESSING": False}
_NO_MONEY_MOVED = ("FAIL", "CHANGE")
"""FAIL: refused. CHANGE: the customer's card takes nothing, and the merchant is to pay another way."""


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every refund that moves or will move money; raises ReportFault."""
    text = ((place, line.decode("utf-8-sig").strip()) for place, line in enumerate(report, start=1))
    lines = ((place, line) for place, line in text if line)
    bill: Iterator[tuple[int, str]] = lines
    while True:
        for place, row in rows(bill, _NEEDED, _TOTALS):
            if row["交易状态"] == _REFUND and row["退款状态"] not in _NO_MONEY_MOVED:
                yield _line(place, row)
        next(lines, None)  # the totals themselves, below their heading
        heading = next(lines, None)
        if heading is None:
            return
        bill = chain((heading,), lines)


def _line(place: int, row: Row) -> SettlementLine:
    state, reference = row["退款状态"], row["微信退款单号"]
    if state not in _STATES:
        raise ReportFault(f"line {place}, 退款状态: {state!r} is not known; {', '.join(_STATES)} or CHANGE is awaited")
    if not reference.strip("0"):
        raise ReportFault(f"line {place}, 微信退款单号: a refund without a number")
    # What was asked for is what we asked for; 退款金额 is less by coupons of WeChat's own, which go back to WeChat.
    field = "申请退款金额" if row.get("申请退款金额") else "退款金额"
    when = next(name for name in (_SUCCEEDED_AT, _ACCEPTED_AT, _AT) if row.get(name))
    return SettlementLine(
        place=place,
        line_id=reference,
        movement=Movement.REFUND,
        reference=reference,
        key=row["商户退款单号"],
        charge_ref=row["微信订单号"],
        amount=amount_moved(row["货币种类"], row[field], place, field),
        at=time_of(row[when], place, when),
        is_settled=_STATES[state],
    )
