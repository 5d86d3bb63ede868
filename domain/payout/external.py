"""Money that went back elsewhere: at the provider's dashboard, in a shop, by bank (rule 51)."""

from dataclasses import dataclass

from domain.money.amounts import Money


@dataclass(frozen=True, slots=True)
class ExternalPayout:
    """What went back: all of it, and to which payment; None where nobody says.

    `is_loss`: the bank took it, after a dispute (rule 52).
    """

    amount: Money
    payment_id: str | None = None
    is_loss: bool = False
