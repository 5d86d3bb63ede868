"""The bill of a day's refunds: a table with a line of headings, each field after a back quote, a sum at the end."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from gateways.ports import NoAnswer
from gateways.settlement_reports.chinese_csv import fields_of, pieces_of
from gateways.wechat_pay.limits import BILLS_ARE_KEPT_DAYS
from gateways.wechat_pay.listing import BEIJING, moment

_SUM = "总交易单数"
"""What begins the heading of the sum, after the last line of a refund."""

_REFUND_NO, _STATE = "商户退款单号", "退款状态"


@dataclass(frozen=True, slots=True)
class Billed:
    """`status` is as it was when the bill was made; it is not changed afterwards."""

    refund_no: str
    refund_id: str
    order_no: str
    fen: int
    status: str
    at: datetime


def days(since: datetime, now: datetime) -> list[date]:
    """Return the days of bills that there may be: full days, in Beijing, not older than they are kept."""
    today = now.astimezone(BEIJING).date()
    first = max(since.astimezone(BEIJING).date(), today - timedelta(days=BILLS_ARE_KEPT_DAYS))
    return [first + timedelta(days=number) for number in range((today - first).days)]


def checked(content: bytes, sha1: str) -> str:
    """Return what the bill says, if it is the one whose hash was signed. Raises NoAnswer."""
    if not hmac.compare_digest(hashlib.sha1(content, usedforsecurity=False).hexdigest(), sha1.lower()):
        raise NoAnswer("WeChat Pay: the bill is another than its hash says")
    return content.decode("utf-8-sig")


def rows(text: str) -> Iterator[Billed]:
    """Read the refunds. Raises NoAnswer for a line that has other fields than the heading."""
    lines = _lines(text)
    heading = fields_of(lines[0])
    for place, line in enumerate(lines[1:], start=2):
        if line.startswith(_SUM):
            return
        fields = fields_of(line)
        if len(fields) != len(heading):
            raise NoAnswer(f"WeChat Pay: line {place} of a bill has {len(fields)} fields, not {len(heading)}")
        yield _billed(dict(zip(heading, fields, strict=True)))


def with_states(text: str, states: Mapping[str, str]) -> str:
    """Write a bill with other states of refunds, by their numbers; all else stays as it is, letter by letter."""
    lines = _lines(text)
    heading = fields_of(lines[0])
    number, state = heading.index(_REFUND_NO), heading.index(_STATE)
    written: list[str] = []
    for line in lines:
        fields, pieces = fields_of(line), pieces_of(line)
        if len(pieces) == len(heading) and (now := states.get(fields[number])) is not None:
            pieces[state] = f"`{now}"
        written.append(",".join(pieces))
    return "\n".join(written) + "\n"


def _lines(text: str) -> list[str]:
    """End lines where they do, and nowhere within a name of goods."""
    return [line for each in text.split("\n") if (line := each.strip())] or [""]


def _billed(row: dict[str, str]) -> Billed:
    amount = row.get("申请退款金额") or row["退款金额"]
    return Billed(
        refund_no=row[_REFUND_NO],
        refund_id=row["微信退款单号"],
        order_no=row["微信订单号"],
        fen=int(Decimal(amount) * 100),
        status=row[_STATE],
        at=moment(row.get("退款申请时间") or row["交易时间"]),
    )
