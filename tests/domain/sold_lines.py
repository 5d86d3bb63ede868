"""One sold line, and what has been claimed of it."""

from domain.claims.claims import Claim, LinePosition
from domain.money.amounts import Money
from domain.sale.orders import Discount, OrderLine
from domain.sale.sales import book
from tests.domain.builders import an_order


def sold(line: OrderLine, *discounts: Discount) -> LinePosition:
    return LinePosition(book(an_order([line], discounts)).lines[0], ())


def after(position: LinePosition, *claims: Claim) -> LinePosition:
    return LinePosition(position.line, position.claims + claims)


def without(position: LinePosition, claim: Claim) -> LinePosition:
    return LinePosition(position.line, tuple(each for each in position.claims if each is not claim))


def one_by_one(position: LinePosition) -> list[Claim]:
    for _ in range(position.line.quantity):
        position = after(position, position.claim_units(1))
    return list(position.claims)


def amounts(claims: list[Claim]) -> list[Money]:
    return [claim.amount for claim in claims]
