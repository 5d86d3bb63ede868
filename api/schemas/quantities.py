"""Quantities on the wire: whole numbers, or decimals as text of what is measured in a unit (rule 48)."""

from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, WithJsonSchema

from api.schemas.common import MOST_UNITS
from domain import spelling
from domain.sale.measures import one_way_to_write

_MOST_LETTERS = 20


def _read(least: int) -> PlainValidator:
    whole: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(strict=True, ge=least, le=MOST_UNITS)])

    def read(said: object) -> int | str:
        if isinstance(said, float):
            raise ValueError('a part of a unit is written as text, "0.4", where a unit is given, as "kg"')
        if not isinstance(said, str):
            return whole.validate_python(said)
        text = one_way_to_write(said)
        if least and text == "0":
            raise ValueError("a quantity is more than zero")
        return text

    return PlainValidator(read)


def _schema(least: int, pattern: str, example: str) -> WithJsonSchema:
    number = {"type": "integer", "minimum": least, "maximum": MOST_UNITS}
    decimal = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [number, decimal], "examples": [max(least, 1), example]})


_PARTS = r"(?:[1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9])"

Quantity = Annotated[int | str, _read(1), _schema(1, rf"^(?:[1-9][0-9]{{0,5}}(?:\.[0-9]{{1,3}})?|0\.{_PARTS})$", "0.4")]
"""More than zero. It is counted by `domain/sale/measures.py`, which knows by what its line is measured."""

QuantityOrNone = Annotated[int | str, _read(0), _schema(0, r"^(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,3})?$", "0.4")]
"""The same, or zero."""

SaidQuantity = int | str
"""How an answer says it: in the type in which the quantity of its line was sent."""

Unit = Annotated[
    str, Field(min_length=1, max_length=_MOST_LETTERS, examples=["kg"]), AfterValidator(spelling.identifier)
]
