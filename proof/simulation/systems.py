"""Systems of the merchant's in which promotions and coupons live, with books of their own, behind a line that loses.

One works promotions out, as Talon.One does: what it is told twice is returned twice, and it takes nothing back. The
other keeps coupons, as Voucherify does: by the name of an instruction it does something once, and undoes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

SETTLES_IN_S = 30.0
"""What nobody has answered for so long is not on its way any more."""


class Answer(IntEnum):
    """What comes of a request. `LATE` arrives after whoever asked has given up."""

    DONE = 0
    REQUEST_LOST = 1
    ANSWER_LOST = 2
    LATE = 3
    REFUSED = 4


class Stage(StrEnum):
    """How far an errand has come, by our books."""

    ASKED = "asked"
    DONE = "done"
    WITHDRAWING = "withdrawing"
    UNDONE = "undone"


@dataclass(slots=True)
class Errand:
    """What a system is to do for a refund: with it so many units of its order are back, `in_all` of them.

    `sent_at` is when a request left that nobody has answered.
    """

    name: str
    units: int = 0
    in_all: int = 0
    stage: Stage = Stage.ASKED
    sent_at: float | None = None


@dataclass(frozen=True, slots=True)
class OnItsWay:
    arrives: Callable[[], None]
    sent_at: float


@dataclass(slots=True)
class ModelLine:
    """`on_their_way` are requests that nobody waits for any more."""

    on_their_way: list[OnItsWay] = field(default_factory=list)

    def delay(self, arrives: Callable[[], None], now: float) -> None:
        self.on_their_way.append(OnItsWay(arrives, now))

    def land(self, now: float) -> bool:
        """The first of them arrives, unless it is so old that nothing of that age does; False where there is none."""
        if not self.on_their_way:
            return False
        request = self.on_their_way.pop(0)
        if now < request.sent_at + SETTLES_IN_S:
            request.arrives()
        return True


@dataclass(slots=True)
class ModelPromotions:
    """A cart item of so many units, of which `returned` are back there."""

    ordered: int
    returned: int = 0

    def has(self, errand: Errand) -> bool:
        return self.returned >= errand.in_all

    def take_back(self, units: int) -> None:
        """Return so many more, whatever was returned before; more than are left is refused."""
        if units <= self.ordered - self.returned:
            self.returned += units


@dataclass(slots=True)
class ModelVouchers:
    """By which instructions the coupon is back; one that was undone is never done again."""

    done: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)

    def has(self, errand: Errand) -> bool:
        return errand.name in self.done

    def give_back(self, errand: Errand) -> None:
        if errand.name not in self.undone:
            self.done.add(errand.name)

    def redeem_again(self, errand: Errand) -> None:
        self.undone.add(errand.name)
        self.done.discard(errand.name)
