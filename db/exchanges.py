"""Money that changes its currency between a payment and its order; in the ledger each of them sums to zero."""

from db.ledger import Account, Posting, transfer
from domain.money.amounts import Money


def moved(
    giver: tuple[Account, str], taker: tuple[Account, str], order_id: str, given: Money, taken: Money
) -> list[Posting]:
    """Move money between two pockets; in another currency it passes through the order's exchange (rule 53).

    What stays there once all of an order is returned is nothing: parts are rounded so that they come to the whole.
    """
    if given.currency == taken.currency:
        return transfer(giver, taker, given.currency, given.minor_units)
    exchange = (Account.EXCHANGE, order_id)
    lines = transfer(giver, exchange, given.currency, given.minor_units)
    return lines + transfer(exchange, taker, taken.currency, taken.minor_units)
