"""What came of the replay, in numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tools.client import Json
from tools.retail.answers import BROKEN, COMPLETED, Asked, surprises
from tools.retail.data import Link
from tools.retail.money import MoneyCheck
from tools.retail.requests import OddKind

LATE = "outside_return_window"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds for pushing all orders and for seeing all returns through."""

    orders_s: float
    returns_s: float


@dataclass(frozen=True, slots=True)
class PassOutcome:
    """One pass over the whole file, under one return window (ISO 8601); `not_taken` names refused orders, and why.

    untimely: what happened on another day than it had to.
    """

    window: str
    orders: int
    not_taken: tuple[str, ...]
    asked: tuple[Asked, ...]
    odd: Mapping[tuple[OddKind, str], int]
    money: MoneyCheck
    timing: Timing
    untimely: tuple[str, ...] = ()

    def count(self, answer: str, *links: Link) -> int:
        """Count the returns with this answer, of these links or of all."""
        return sum(each.answer == answer and each.wanted.link in (links or Link) for each in self.asked)

    @property
    def answers(self) -> Mapping[tuple[Link, str], int]:
        return Counter((each.wanted.link, each.answer) for each in self.asked)

    @property
    def reviewed(self) -> int:
        return sum(each.was_reviewed for each in self.asked)

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that did not come out as it must; empty when all is well."""
        money = {name: amount for name, amount in asdict(self.money).items() if "mismatch" in name and amount}
        wrong = [f"{self.window}: {name} {amount}" for name, amount in money.items()]
        wrong += [f"{self.window}: {each}" for each in self.untimely]
        wrong += [f"{self.window}: order {each}" for each in self.not_taken]
        wrong += [f"{self.window}: odd line ({kind}): {answer}" for kind, answer in self.odd if answer == BROKEN]
        return (*(f"{self.window}: {each}" for each in surprises(self.asked, self.window)), *wrong)

    def as_json(self) -> Json:
        refunds = self.count(COMPLETED)
        return {
            "orders": self.orders,
            "returns": len(self.asked),
            "refunded": refunds,
            "over_remaining": self.count("quantity_not_available"),
            "no_sale": self.count("not_found"),
            "late": self.count(LATE),
            "late_linked": self.count(LATE, Link.MATCHED, Link.MATCHED_OTHER_PRICE),
            "reviewed": self.reviewed,
            "odd_lines": sum(self.odd.values()),
            "due_minor": self.money.due,
            "refunded_minor": self.money.refunded,
            "orders_refunded": self.money.orders,
            "mismatch_minor": self.money.mismatch,
            "payout_mismatch_minor": self.money.payout_mismatch,
            "books_mismatch_minor": self.money.books_mismatch,
            "orders_per_s": round(self.orders / self.timing.orders_s, 1),
            "refunds_per_s": round(refunds / self.timing.returns_s, 1),
            "seconds": round(self.timing.orders_s + self.timing.returns_s, 1),
        }


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """Both passes. `server_errors`: how many answers of each 5xx status came in, repeated requests included."""

    default_window: PassOutcome
    year_window: PassOutcome
    server_errors: Mapping[int, int]

    @property
    def passes(self) -> tuple[PassOutcome, PassOutcome]:
        return self.default_window, self.year_window

    @property
    def faults(self) -> tuple[str, ...]:
        errors = (f"{count} answers with status {status}" for status, count in self.server_errors.items())
        return (*(fault for each in self.passes for fault in each.faults), *errors)

    def as_json(self) -> Json:
        """Return the figures of the year, `late` of the default window, sums of errors; and each pass on its own."""
        year, default = self.year_window.as_json(), self.default_window.as_json()
        return {
            **{name: year[name] for name in ("returns", "refunded", "over_remaining", "no_sale")},
            "late": default["late_linked"],
            "mismatch_minor": year["mismatch_minor"] + default["mismatch_minor"],
            "odd_lines": year["odd_lines"],
            "server_errors": sum(self.server_errors.values()),
            "faults": len(self.faults),
            self.default_window.window: default,
            self.year_window.window: year,
        }
