"""What is wrong with one field of a body, and only the whole body can tell."""

from collections import Counter
from collections.abc import Sequence

MOST_NAMED = 20
"""So many ids an error names."""


class FieldFault(ValueError):
    """Says where the fault is: `place` leads to the field from the body that is checked, as ("lines", 0, "tax")."""

    def __init__(self, detail: str, *place: str | int) -> None:
        super().__init__(detail)
        self.place = place


def refuse_twice(what: str, names: Sequence[str | None], *place: str | int, each: str = "") -> None:
    """Raise FieldFault for what is named twice; None names nothing.

    place: where the list is that has the names, each: the field of its entries that does.
    """
    twice = sorted(name for name, times in Counter(names).items() if times > 1 and name is not None)
    if twice:
        again = len(names) - 1 - names[::-1].index(twice[0])
        raise FieldFault(
            f"{what} {', '.join(twice[:MOST_NAMED])} appears twice", *place, again, *([each] if each else ())
        )
