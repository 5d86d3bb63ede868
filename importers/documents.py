"""Files of other systems: JSON, read digit by digit, so that no amount passes through a float."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from importers.outcome import Unreadable


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """One JSON value; `place` says where it was found, as `orders.json#` or `orders.jsonl:3#`."""

    place: str
    value: object


def read_json(name: str, text: str) -> PlacedDocument:
    """Read a file that is one JSON value; raises Unreadable."""
    return PlacedDocument(f"{name}#", _parsed(text, f"{name}#"))


def read_lines(name: str, text: str) -> Iterator[PlacedDocument | Unreadable]:
    """Read a file with a JSON value in each line; a broken line spoils no other. Empty lines say nothing.

    Lines end at newlines alone: other ends of lines that Unicode has may stand in a name of goods as they are.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}#"
        try:
            yield PlacedDocument(place, _parsed(line, place))
        except Unreadable as broken:
            yield broken


def _parsed(text: str, place: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as broken:
        raise Unreadable(place, f"this is no JSON: {str(broken)[:200]}") from broken


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")
