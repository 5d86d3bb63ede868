"""Keys and names that are put together from ids which others chose."""

import re

PARTS = ":"
"""What stands between the parts of a key."""

POCKETS = "/"
"""What stands between the parts of a ledger account's owner."""

_ESCAPE = "\\"


def joined(*parts: str | int, by: str = PARTS) -> str:
    """Join parts to one key: different parts never make the same key, and parts without `by` look as they are.

    An id may contain the separator itself (`p1:reversed`), so that is escaped, with a character that no id contains.
    """
    return by.join(str(part).replace(_ESCAPE, _ESCAPE * 2).replace(by, _ESCAPE + by) for part in parts)


_KEY_OF_A_PAYOUT = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What others take: no more characters, and no others (rule 36)."""


def payout_key(refund_id: str, place: int, noes: int) -> str:
    """Name the intent of a payout: its refund, the payment's place in its order, how many definite noes before.

    Never the amount, the attempt or the time (rule 36). Raises ValueError where no provider would take it.
    """
    return _for_others(f"{refund_id}-{place}-{noes}")


def instruction_id(refund_id: str, step: str, round_: int) -> str:
    """Name the intent of what another system of the merchant's does or undoes: its refund, the step, the round."""
    return _for_others(f"{refund_id}-{step}-{round_}")


def _for_others(key: str) -> str:
    if not _KEY_OF_A_PAYOUT.fullmatch(key):
        raise ValueError(f"{key!r} is no key for a provider: at most 64 of 0-9 A-Z a-z _ -")
    return key
