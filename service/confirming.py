"""What the ledger books once a refund is paid, beside the payouts, and what a payout that fails later reverses."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db.ledger import Account, EntryCause, post, transfer
from db.read_models import Refund
from domain.payout.keys import joined
from domain.settlement.settlement import Settlement


async def book_confirmation(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> None:
    """Book what was deducted, returned of earlier deductions, taken off what was not paid yet, and given on top."""
    await _book_deductions(connection, refund, settlement)
    await _book_deductions_returned(connection, refund, settlement)
    await _book_lessened(connection, refund, settlement)
    await _book_credit_bonus(connection, refund, settlement)


def entries_of_confirmation(refund_id: str, settlement: Settlement) -> list[str]:
    """Name the entries of what `book_confirmation` books, whether they are booked yet or not."""
    off = [_deduction(refund_id, place) for place, _ in enumerate(settlement.deductions)]
    if settlement.lessened:
        off.append(_lessened(refund_id))
    if settlement.paid_after_all:
        off.append(_paid_after_all(refund_id))
    if settlement.credit_bonus:
        off.append(_credit_bonus(refund_id))
    return off + [_deduction_returned(refund_id, place) for place, _ in enumerate(settlement.deductions_returned)]


async def _book_deductions(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> None:
    """What was taken off the payout makes good what promotions gave; the rest the customer owes (rule 10)."""
    promotions = (Account.PROMOTIONS, refund.merchant_id)
    for place, each in enumerate(settlement.deductions):
        key = _deduction(refund.refund_id, place)
        cause = EntryCause(key, f"{each.kind} {each.source_id}", refund.order_id, refund.refund_id)
        lines = transfer((Account.SALE, refund.order_id), promotions, refund.currency, each.amount.minor_units)
        lines += transfer((Account.OWED, refund.customer_id), promotions, refund.currency, each.owed.minor_units)
        await post(connection, refund.merchant_id, cause, lines)


async def _book_deductions_returned(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> None:
    """What earlier refunds had deducted is paid with this one, or no longer owed (rule 45)."""
    promotions = (Account.PROMOTIONS, refund.merchant_id)
    for place, each in enumerate(settlement.deductions_returned):
        key = _deduction_returned(refund.refund_id, place)
        cause = EntryCause(key, f"{each.kind} {each.source_id} returned", refund.order_id, refund.refund_id)
        lines = transfer(promotions, (Account.SALE, refund.order_id), refund.currency, each.amount.minor_units)
        lines += transfer(promotions, (Account.OWED, refund.customer_id), refund.currency, each.owed.minor_units)
        await post(connection, refund.merchant_id, cause, lines)


async def _book_lessened(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> None:
    """What was not paid yet is not to be paid any more, as far as the refund reaches (rule 50).

    What was paid all the same had been taken off for nothing: it comes back with this refund.
    """
    sale, open_sum = (Account.SALE, refund.order_id), (Account.NOT_PAID_YET, refund.order_id)
    if settlement.lessened:
        less = settlement.lessened.total.minor_units
        cause = EntryCause(_lessened(refund.refund_id), "less is to be paid", refund.order_id, refund.refund_id)
        await post(connection, refund.merchant_id, cause, transfer(sale, open_sum, refund.currency, less))
    if settlement.paid_after_all:
        back, key = settlement.paid_after_all.minor_units, _paid_after_all(refund.refund_id)
        cause = EntryCause(key, "it was paid all the same", refund.order_id, refund.refund_id)
        await post(connection, refund.merchant_id, cause, transfer(open_sum, sale, refund.currency, back))


async def _book_credit_bonus(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> None:
    """What the merchant gives on top of credit that the customer chose (rule 54)."""
    if settlement.credit_bonus:
        key, bonus = _credit_bonus(refund.refund_id), settlement.credit_bonus.minor_units
        cause = EntryCause(key, "bonus on chosen store credit", refund.order_id, refund.refund_id)
        pockets = (Account.PROMOTIONS, refund.merchant_id), (Account.STORE_CREDIT, refund.customer_id)
        await post(connection, refund.merchant_id, cause, transfer(*pockets, refund.currency, bonus))


def _deduction(refund_id: str, place: int) -> str:
    return joined(refund_id, "deduction", place)


def _lessened(refund_id: str) -> str:
    return joined(refund_id, "lessened")


def _paid_after_all(refund_id: str) -> str:
    return joined(refund_id, "paid_after_all")


def _credit_bonus(refund_id: str) -> str:
    return joined(refund_id, "credit_bonus")


def _deduction_returned(refund_id: str, place: int) -> str:
    return f"{refund_id}:grant-deduction-returned:{place}"
