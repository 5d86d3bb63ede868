"""How another system's payments are ours: which method, and through which gateway of the merchant's."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.sale.payments import PaymentMethod


@dataclass(frozen=True, slots=True)
class Way:
    """A method, and the account that pays it back; empty where nobody does: then the merchant hands it back."""

    method: PaymentMethod
    gateway: str = ""

    @classmethod
    def read(cls, said: str) -> "Way":
        """Read `card:stripe-eu` or `other`; raises ValueError."""
        method, _, gateway = said.partition(":")
        way = cls(PaymentMethod(method), gateway)
        if way.method.needs_a_charge and not gateway:
            raise ValueError(f"{said!r} names no gateway: who pays it back? Write {method}:GATEWAY")
        return way


_BY_HAND = Way(PaymentMethod.OTHER)

MANUAL: Mapping[str, Way] = {
    "gift_card": Way(PaymentMethod.GIFT_CARD),
    **dict.fromkeys(("manual", "cash", "money order", "bank deposit", "cash on delivery (cod)"), _BY_HAND),
    **dict.fromkeys(("bacs", "cheque", "cod"), _BY_HAND),
}
"""What no provider took, so that nobody has to say where it goes back to: the merchant hands it back."""


@dataclass(frozen=True, slots=True)
class Tenders:
    """What the merchant says of each gateway of theirs, by the name that the other system has for it."""

    ways: Mapping[str, Way]

    def way(self, name: str) -> Way | None:
        return self.ways.get(name) or MANUAL.get(name.lower())

    @staticmethod
    def unknown(name: str) -> str:
        return (
            f"nobody said which gateway here pays back what {name!r} took: say --gateway {name}=card:GATEWAY, or "
            f"--gateway {name}=other where the merchant hands it back"
        )
