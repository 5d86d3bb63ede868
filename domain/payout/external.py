"""Money that went back elsewhere: at the provider's dashboard, in a shop, by bank (rule 51)."""

from dataclasses import dataclass

from domain.money.amounts import Money
from domain.payout.owed import PaymentPart


@dataclass(frozen=True, slots=True)
class ExternalPayout:
    """What went back in the order's currency: all of it, and to which payment; None where nobody says.

    `is_loss`: the bank took it, after a dispute (rule 52). `interest` is what of it is interest of which payment (rule
    50), and `own` all of it in the payment's currency, where it was said in that (rule 53).
    """

    amount: Money
    payment_id: str | None = None
    is_loss: bool = False
    interest: tuple[PaymentPart, ...] = ()
    own: Money | None = None

    @property
    def price(self) -> Money:
        """What of it is no interest: that is for goods, extras and shipping."""
        return self.amount - Money.total((each.amount for each in self.interest), self.amount.currency)
