"""Alipay's bill of trades (业务明细): CSV in GB 18030 between lines that begin with #.

It comes zipped from `alipay.data.dataservice.bill.downloadurl.query` (bill_type trade). Read on opendocs.alipay.com
("下载对账单") and in open parsers of it on 2026-11-29: a refund has 业务类型 退款, an amount below zero, and the number
of its request (out_request_no) in 退款批次号/请求号; it has no name of Alipay's own.
"""

from collections.abc import Iterator
from typing import BinaryIO

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.settlement_reports.chinese_csv import CURRENCY, Row, rows, time_of
from gateways.settlement_reports.reading import ReportFault, amount_moved

_TRADE, _KIND, _REQUEST, _DONE_AT = "支付宝交易号", "业务类型", "退款批次号/请求号", "完成时间"
_AMOUNTS = ("订单金额（元）", "订单金额(元)")
_REFUND = "退款"
_END = "#----"
_IS_COMMENT = "#"
_END_OF_LIST = "列表结束"


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every refund; raises ReportFault."""
    for place, row in rows(_of_list(report), (_TRADE, _KIND, _REQUEST, _DONE_AT), _END):
        if row[_KIND] == _REFUND:
            yield _line(place, row)


def _of_list(report: BinaryIO) -> Iterator[tuple[int, str]]:
    """Leave off what stands around the list, and mark its end."""
    for place, raw in enumerate(report, start=1):
        try:
            line = raw.decode("gb18030").strip()
        except UnicodeDecodeError as wrong:
            raise ReportFault(f"line {place} is not in GB 18030: {wrong}") from wrong
        if line.startswith(_IS_COMMENT):
            if _END_OF_LIST in line:
                yield place, _END
                return
        elif line:
            yield place, line


def _line(place: int, row: Row) -> SettlementLine:
    request, trade = row[_REQUEST], row[_TRADE]
    amount = next((name for name in _AMOUNTS if name in row), None)
    if amount is None:
        raise ReportFault(f"line {place}: the heading lacks {_AMOUNTS[0]}")
    if not request or not trade:
        raise ReportFault(f"line {place}: a refund needs {_TRADE} and {_REQUEST}")
    return SettlementLine(
        place=place,
        line_id=f"{trade}/{request}",
        movement=Movement.REFUND,
        reference=request,
        key=request,
        charge_ref=trade,
        amount=amount_moved(CURRENCY, row[amount], place, amount),
        at=time_of(row[_DONE_AT], place, _DONE_AT),
        is_settled=True,
    )
