"""The ways in which a basket comes back."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from random import Random

from domain.claims.positions import LineRequest
from domain.sale.sales import Sale

Parts = list[list[LineRequest]]
"""What each refund asks for, one after the other."""

_MOST_PARTS = 6
_MOST_CUTS = 3
_FEW = 200


class Way(StrEnum):
    WHOLE = "whole"
    LINE_BY_LINE = "line by line"
    IN_PARTS = "in random parts"


def parts_of(sale: Sale, way: Way, dice: Random) -> Parts:
    """Share all that was sold out over refunds; of a single line of a few units, line by line is unit by unit."""
    sold = [(line.line_id, line.quantity) for line in sale.lines]
    if way is Way.WHOLE:
        return [[LineRequest(line_id, quantity, None) for line_id, quantity in sold]]
    if way is Way.IN_PARTS:
        return _at_random(sold, dice)
    if len(sold) > 1 or sold[0][1] > _FEW:
        return [[LineRequest(line_id, quantity, None)] for line_id, quantity in sold]
    return [[LineRequest(line_id, 1, None)] for line_id, quantity in sold for _ in range(quantity)]


def _at_random(sold: Sequence[tuple[str, int]], dice: Random) -> Parts:
    """Cut each line into a few pieces, and give each piece to one of a few refunds, which come in any order."""
    count = dice.randint(2, _MOST_PARTS)
    parts: list[Counter[str]] = [Counter() for _ in range(count)]
    for line_id, quantity in sold:
        for piece in _pieces(quantity, dice):
            dice.choice(parts)[line_id] += piece
    return [[LineRequest(*wanted, None) for wanted in part.items()] for part in parts if part]


def _pieces(quantity: int, dice: Random) -> list[int]:
    cuts = sorted(dice.sample(range(1, quantity), min(quantity - 1, dice.randint(0, _MOST_CUTS))))
    return [end - start for start, end in zip([0, *cuts], [*cuts, quantity], strict=True)]
