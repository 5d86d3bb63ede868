"""Store credit that a customer, and a friend of theirs, have of an order: in whole numbers what the ledger has."""

from proof.simulation.books import Books
from proof.simulation.figures import GRANT, UNITS


def store_credit(books: Books) -> int:
    """What the customer has, but for the campaign's reward: their grants, and what was paid in credit."""
    credit = sum(books.credited.values()) + sum(books.credited_by_choice.values())
    credit += sum(each.bonus for each in books.refunds.values())
    return credit if books.scenario.grants_a_friend else credit + granted_credit(books)


def friends_credit(books: Books) -> int:
    """What somebody else has of what the order granted to them."""
    return granted_credit(books) if books.scenario.grants_a_friend else 0


def granted_credit(books: Books) -> int:
    """What is left of the store credit that a rich order granted, to whomever."""
    if not books.scenario.is_rich:
        return 0
    if books.scenario.may_be_lost:
        settled = ((each, each.settled or each.lost_as) for each in books.refunds.values())
        taken = sum(each.grants * sum(so.credit.values()) for each, so in settled if so is not None)
    else:
        taken = sum(each.grants * each.units * GRANT // UNITS for each in books.refunds.values())
    return GRANT * books.scenario.refunds - taken
