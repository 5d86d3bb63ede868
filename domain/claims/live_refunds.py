"""What one refund that was not refused has taken of its order."""

from dataclasses import dataclass

from domain.claims.claims import Claim, ClaimState
from domain.claims.extras import ExtraBack
from domain.claims.shipping import ShippingBack
from domain.money.amounts import Money
from domain.payout.owed import Lessened, PaymentPart
from domain.sale.orders import RewardKind
from domain.sale.units import Units


@dataclass(frozen=True, slots=True)
class GrantTaken:
    """What one refund took of something that the order granted: of the credit, off its payout, and what is owed for it.

    The two sums are below zero where the refund gave back what earlier ones had deducted; `is_revoked` says that it
    takes a coupon away, `is_whole` that nothing is left to go back.
    """

    name: str
    kind: RewardKind
    taken: Money
    deducted: Money
    owed: Money
    is_revoked: bool
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class LiveRefund:
    """What one refund that was not refused has taken of its order; the zero sums are those not settled yet.

    `payouts` by payment, `gifts_kept` the units of gifts that were deducted or forgiven and are the customer's now,
    by line, `residuals` what new coupons were worth, by the coupon they stand for, `grants` what was taken of what
    the order granted, `extras` what went back of the lines that are no units, `shipping_points` the points that had
    paid for shipping, and `shipping_parts` what is for sending each parcel, where the order tells what that cost.
    `lessened` is what was taken off what is not paid yet, `interest` and `overpaid` what went back beside the price,
    and `at_fault` names the lines that came back by the merchant's fault, where interest was paid (rule 50).
    `paid_after_all` is what it paid back of what earlier ones had lessened, as it was paid all the same.
    `is_confirmed` says of one without claims that it is paid; of others the states of their claims say so.
    `converted` is what went to payments in another currency, in theirs (rule 53).
    """

    refund_id: str
    claims: tuple[Claim, ...]
    shipping: Money
    shipping_tax: Money
    points_clawed_back: int
    payouts: tuple[tuple[str, Money], ...]
    gifts_kept: tuple[tuple[str, Units], ...] = ()
    residuals: tuple[tuple[str, Money], ...] = ()
    grants: tuple[GrantTaken, ...] = ()
    extras: tuple[ExtraBack, ...] = ()
    shipping_points: int = 0
    lessened: Lessened | None = None
    interest: tuple[PaymentPart, ...] = ()
    overpaid: Money | None = None
    at_fault: tuple[str, ...] = ()
    shipping_parts: tuple[ShippingBack, ...] = ()
    converted: tuple[PaymentPart, ...] = ()
    paid_after_all: Money | None = None
    is_confirmed: bool = True

    @property
    def is_paid(self) -> bool:
        return all(claim.state is ClaimState.PAID for claim in self.claims)

    @property
    def is_loss(self) -> bool:
        """Whether it is what the bank took after a dispute, which may be won after all (rule 52)."""
        return any(claim.is_loss for claim in self.claims)

    @property
    def is_booked(self) -> bool:
        """Whether what it comes to stays booked: from the confirmation on it is released no more."""
        return self.is_paid if self.claims else self.is_confirmed
