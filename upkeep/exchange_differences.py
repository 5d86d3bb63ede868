"""What exchanges cost by providers' settlement reports: found among the movements of refunds, and booked (rule 53)."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from db import exchange_differences
from db.exchange_differences import MovementDifference
from db.reported_refunds import At, OneRefund, OurShare
from domain.payout.exchange_differences import Exchange, exchange_difference
from domain.payout.settlement_reports import SettlementLine


@dataclass(frozen=True, slots=True)
class _Movement:
    """A movement of a share of ours, and the key under which the ledger has that share."""

    ours: OurShare
    line: SettlementLine
    key: str


async def book(connection: AsyncConnection, at: At, refunds: Sequence[OneRefund], known: Container[str]) -> None:
    """Book what the movements of refunds cost that were exchanged, each once.

    `known` are refunds of the provider's that people know, and that are none of ours.
    """
    said = [each for one in refunds for each in _movements(one, known)]
    if not said:
        return
    booked = await exchange_differences.exchanges(connection, at, sorted({each.key for each in said}))
    found = [_difference(each, booked[each.key]) for each in said if each.key in booked]
    if differences := [each for each in found if each is not None]:
        await exchange_differences.book(connection, at, differences)


def _movements(one: OneRefund, known: Container[str]) -> list[_Movement]:
    """Find those that were exchanged; of refunds that people know it is the one that a share of ours stands for."""
    ours = one.ours
    if ours is None:
        return []
    exchanged = [each for each in one.lines if each.settled is not None]
    own = [each for each in exchanged if each.reference == ours.gateway_ref or each.reference not in known]
    keyed = [(line, _key(ours, line)) for line in own]
    return [_Movement(ours, line, key) for line, key in keyed if key is not None]


def _key(ours: OurShare, line: SettlementLine) -> str | None:
    if line.key in ours.keys:
        return line.key
    return ours.key if line.reference == ours.gateway_ref else None


def _difference(found: _Movement, booked: Exchange) -> MovementDifference | None:
    cost = exchange_difference(found.line, booked)
    if cost is None:
        return None
    share = found.ours.share
    return MovementDifference(found.line.line_id, share.refund_id, share.payment_id, found.ours.order_id, cost)
