"""How much tax is inside the money of a refund that went to each payment."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money.amounts import split


@dataclass(frozen=True, slots=True)
class TaxInside:
    """Of one refund, in minor units: the tax inside what was given back, that, and what is paid of it.

    `gross` is goods, extras and shipping, before fees and deductions; `paid` is what the payments get.
    """

    tax: int
    gross: int
    paid: int

    @property
    def of_paid(self) -> int:
        """The tax inside what is paid: fees and deductions lessen it in proportion, what comes on top has none."""
        if self.gross <= 0:
            return 0
        return self.tax * min(self.paid, self.gross) // self.gross

    def shares(self, amounts: Sequence[int]) -> list[int]:
        """Share it over what each payment gets, to the cent (rule 2)."""
        if not any(amounts):
            return [0] * len(amounts)
        return split(self.of_paid, amounts)
