"""The number of a return authorization: it is made of the refund's id, so that a parcel alone says whose it is."""

import re

LETTERS = 12
"""So many letters at the end of a refund's id are on the parcel."""

_WRITTEN = re.compile(rf"(?:RMA-)?([0-9A-Z]{{1,{LETTERS}}})(?:-[0-9]{{1,2}})?")


def rma_of(refund_id: str, number: int) -> str:
    """Name a return: the refund's own number, readable on a parcel; those after a void one are counted."""
    rma = "RMA-" + refund_id.removeprefix("rf_")[-LETTERS:].upper()
    return rma if number == 1 else f"{rma}-{number}"


def letters_of(rma: str) -> str:
    """Return how the refund's id ends, in capitals, whichever of its returns it is; raises ValueError for no RMA.

    People who type it may leave out what is always the same, and write small letters.
    """
    found = _WRITTEN.fullmatch(rma.strip().upper())
    if found is None:
        raise ValueError(f"{rma!r} is no RMA: it is written RMA-0123456789AB")
    return found.group(1)
