"""Our ledger beside the providers' own books: what one side says was paid and the other does not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from db import payouts
from db.engine import snapshots
from domain.money import Money
from gateways.ports import GatewayStatus, PaymentGateway, Reported

LOOKS_BACK = timedelta(days=30)
SETTLES_WITHIN = timedelta(minutes=1)
"""What moved within the last minute may be booked at one side only, for a moment."""


class Difference(StrEnum):
    """How our ledger and a provider's books differ."""

    PAID_BY_THEM_ONLY = "paid_by_them_only"
    PAID_BY_US_ONLY = "paid_by_us_only"
    AMOUNTS_DIFFER = "amounts_differ"
    PAID_TWICE = "paid_twice"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`key` is the payout's; `refund_id` is None where nobody here knows such a payout."""

    merchant_id: str
    key: str
    refund_id: str | None
    difference: Difference
    ours: Money | None
    theirs: tuple[Money, ...]


async def compare(
    engine: AsyncEngine,
    gateways: Mapping[str, PaymentGateway],
    merchant_id: str,
    *,
    settles_within: timedelta = SETTLES_WITHIN,
) -> Sequence[Discrepancy]:
    """Compare a merchant's payouts of the last thirty days, each gateway's with its own report."""
    now = datetime.now(UTC)
    found: list[Discrepancy] = []
    for name, gateway in gateways.items():
        # Theirs first: what they paid is asked for here before it is paid there.
        theirs = await gateway.report(merchant_id, now - LOOKS_BACK)
        async with snapshots(engine).connect() as connection:
            ours = await payouts.of_gateway(connection, merchant_id, name, now - LOOKS_BACK)
        moving = {row.key for row in ours if row.updated_at > now - settles_within}
        moving |= {each.key for each in theirs if each.at > now - settles_within}
        differences = _differences(merchant_id, ours, theirs)
        found += [each for each in differences if each.key not in moving]
    return found


def _differences(merchant_id: str, ours: Sequence[Row[Any]], theirs: Sequence[Reported]) -> Iterator[Discrepancy]:
    paid_by_them: dict[str, list[Money]] = defaultdict(list)
    for each in theirs:
        if each.status is GatewayStatus.SUCCEEDED:
            paid_by_them[each.key].append(each.amount)
    paid_by_us = {row.key: Money(row.currency, row.booked) for row in ours if row.booked}
    refund_ids = {row.key: row.refund_id for row in ours}
    for key in sorted(paid_by_us.keys() | paid_by_them.keys()):
        difference = _difference(paid_by_us.get(key), paid_by_them.get(key, []))
        if difference is not None:
            mine, their = paid_by_us.get(key), tuple(paid_by_them.get(key, []))
            yield Discrepancy(merchant_id, key, refund_ids.get(key), difference, mine, their)


def _difference(ours: Money | None, theirs: Sequence[Money]) -> Difference | None:
    if len(theirs) > 1:
        return Difference.PAID_TWICE
    if not theirs:
        return Difference.PAID_BY_US_ONLY
    if ours is None:
        return Difference.PAID_BY_THEM_ONLY
    return None if ours == theirs[0] else Difference.AMOUNTS_DIFFER
