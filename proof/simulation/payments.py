"""How the order of a schedule was paid: in another currency, not wholly, or some cents too much (rules 50 and 53)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.money.amounts import split

STILL_OWED, PAID_SO_FAR, TOO_MUCH, INTEREST = 70, 20, 3, 17
"""In minor units; so much interest is inside each payment by instalments."""

RATE = "7.7"
"""What one euro was worth at the sale."""


class Paid(StrEnum):
    """How much of an order was paid when it was sold."""

    IN_FULL = ""
    PARTLY = "partly paid"
    HARDLY = "hardly paid"
    NOT_CAPTURED = "paid with a second payment that is not captured"
    TOO_MUCH = "paid some cents too much"
    WITH_INTEREST = "paid by instalments, with interest"


@dataclass(frozen=True, slots=True)
class Payments:
    """What each payment captured: what it is worth in the order's currency, and what it is in its own.

    `owed` is what no payment stands for, `promised` what the second payment is to bring; `overpaid` the cents too much.
    `interest` is what each captured for no goods, inside its worth; empty where none has any.
    """

    worth: tuple[int, ...]
    own: tuple[int, ...]
    owed: int = 0
    promised: int = 0
    overpaid: int = 0
    is_foreign: bool = False
    interest: tuple[int, ...] = ()

    @property
    def not_paid_yet(self) -> int:
        return self.owed + self.promised

    def currency(self, place: int) -> str:
        return "EUR" if self.is_foreign and place == 0 else "CNY"

    def with_another(self, more: int) -> "Payments":
        """Say how it is paid when so much was paid besides, in the order's currency and without interest."""
        interest = (*self.interest, 0) if self.interest else ()
        return replace(self, worth=(*self.worth, more), own=(*self.own, more), interest=interest)

    def after_all(self) -> "Payments":
        """Say how it is paid when what was promised is captured, and what was owed is paid besides."""
        place = self.worth.index(0) if self.promised else None
        worth = tuple(self.promised if at == place else each for at, each in enumerate(self.worth))
        own = tuple(self.promised if at == place else each for at, each in enumerate(self.own))
        paid = replace(self, worth=worth, own=own, promised=0)
        return replace(paid.with_another(self.owed), owed=0) if self.owed else paid

    def own_share(self, place: int, share: int, *, before: int, own_before: int) -> int:
        """What a share of a payment is in its own currency, where so much went back to it before.

        All that was captured for the shares so far, floored, less what was paid for them (rule 53).
        """
        if self.currency(place) == "CNY":
            return share
        return max(self.own[place] * (before + share) // self.worth[place] - own_before, 0)


def payments_of(paid: Paid, price: int, count: int, *, is_foreign: bool) -> Payments:
    """Part what an order costs over its payments, and what nobody has paid."""
    owed = {Paid.PARTLY: STILL_OWED, Paid.HARDLY: price - PAID_SO_FAR}.get(paid, 0)
    overpaid = TOO_MUCH if paid is Paid.TOO_MUCH else 0
    worth, promised = split(price - owed + overpaid, [1] * count), 0
    if paid is Paid.NOT_CAPTURED:
        promised, worth[1] = worth[1], 0
    interest = (INTEREST,) * count if paid is Paid.WITH_INTEREST else ()
    worth = [each + INTEREST for each in worth] if interest else worth
    own = [worth[0] * 10 // 77 if is_foreign else worth[0], *worth[1:]]
    return Payments(tuple(worth), tuple(own), owed, promised, overpaid, is_foreign, interest)
