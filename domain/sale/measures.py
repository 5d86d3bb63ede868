"""How much of a line was bought: whole units, or what was measured in thousandths of a unit (rule 48).

Inside, quantities are whole numbers: of units, or of thousandths of one where a line has a measure. Only what people
say and are told is written as they write it.
"""

import re
from dataclasses import dataclass

THOUSAND = 1_000

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]+))?")
_PLACES = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """`unit` is the merchant's word for what is measured by, as kg; `is_text` says that "0.4" is how it is written."""

    unit: str
    is_text: bool = True


def one_way_to_write(text: str) -> str:
    """Bring a decimal to one form: "0.40" is "0.4". Raises ValueError with a sentence that says what would be right."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError('a quantity as text is a decimal like "0.4" or "12.125", from "0.001" to "999999.999"')
    whole, places = found.group(1), found.group(2) or ""
    if len(places) > _PLACES:
        raise ValueError("a quantity has at most three decimals: nothing is finer than a thousandth")
    return f"{whole}.{places}".rstrip("0").rstrip(".") if places else whole


def count_of(said: int | str, measure: Measure | None) -> int:
    """Count a quantity as it was said; raises ValueError for text where nothing is measured."""
    if measure is None:
        if isinstance(said, str):
            raise ValueError("a quantity as text is for what is measured in a unit: say a whole number")
        return said
    whole, _, places = str(said).partition(".")
    return int(whole) * THOUSAND + int(places.ljust(_PLACES, "0"))


def as_said(count: int, measure: Measure | None) -> int | str:
    """Write a quantity in the type in which its line's was sent; a part of a unit is text in any case."""
    if measure is None:
        return count
    if count % THOUSAND == 0 and not measure.is_text:
        return count // THOUSAND
    return one_way_to_write(f"{count // THOUSAND}.{count % THOUSAND:03d}")


def in_words(count: int, measure: Measure | None) -> str:
    """Write a quantity for people: 3, or 0.4 kg."""
    return str(count) if measure is None else f"{as_said(count, measure)} {measure.unit}"


def times_of(count: int, measure: Measure | None, line_id: str) -> str:
    """Write how much of a line it is: 3 × l1, or 0.4 kg of l1."""
    return f"{count} × {line_id}" if measure is None else f"{in_words(count, measure)} of {line_id}"
