"""The money of one pass, four times over: by the file, by the refunds' lines, by their payouts, by the gateway."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from db.engine import open_engine
from gateways.ports import GatewayStatus
from gateways.sandbox.books import refunds
from tools.client import Json
from tools.retail.answers import COMPLETED, Asked, expected
from tools.retail.requests import charge_of


@dataclass(frozen=True, slots=True)
class MoneyCheck:
    """Pence. Each difference is summed over the orders, sign aside, so that no two errors cancel out.

    orders: how many had anything to refund. mismatch: between the prices paid and the refunds' lines.
    payout_mismatch: between these lines and the payouts. books_mismatch: between the payouts and the gateway's books.
    """

    orders: int
    due: int
    refunded: int
    mismatch: int
    payout_mismatch: int
    books_mismatch: int


async def check_money(database_url: str, merchant_id: str, window: str, asked: Iterable[Asked]) -> MoneyCheck:
    """Compare the four for every order of a merchant; only the gateway's books are read past HTTP."""
    due: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    payouts: Counter[str] = Counter()
    for each in asked:
        if each.wanted.sale and expected(each.wanted, window) == COMPLETED:
            due[each.wanted.sale.invoice] += each.wanted.quantity * each.wanted.sale.unit_price
        if each.refund and each.answer == COMPLETED:
            lines[each.refund["order_id"]] += sum(line["amount"] for line in each.refund["lines"])
            payouts[each.refund["order_id"]] += _paid_out(each.refund)
    booked = await booked_back(database_url, merchant_id)
    return MoneyCheck(
        orders=len(due),
        due=due.total(),
        refunded=lines.total(),
        mismatch=_difference(due, lines),
        payout_mismatch=_difference(lines, payouts),
        books_mismatch=_difference({charge_of(order_id): amount for order_id, amount in payouts.items()}, booked),
    )


def _paid_out(refund: Json) -> int:
    return sum(payout["amount"] for payout in refund["payouts"] if payout["status"] == "succeeded")


def _difference(one: Mapping[str, int], other: Mapping[str, int]) -> int:
    return sum(abs(one.get(name, 0) - other.get(name, 0)) for name in one.keys() | other.keys())


async def booked_back(database_url: str, merchant_id: str) -> dict[str, int]:
    """Read what the sandbox gateway paid back, by charge."""
    of_merchant = (refunds.c.merchant_id == merchant_id) & (refunds.c.status == GatewayStatus.SUCCEEDED)
    query = select(refunds.c.charge_ref, func.sum(refunds.c.amount)).where(of_merchant).group_by(refunds.c.charge_ref)
    engine = open_engine(database_url)
    try:
        async with engine.connect() as connection:
            return {charge_ref: int(amount) for charge_ref, amount in await connection.execute(query)}
    finally:
        await engine.dispose()
