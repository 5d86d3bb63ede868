"""What a refund was settled at, as the books of a schedule have it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Settled:
    """What a refund was settled at: the share of each payment, and what was taken off for a coupon and for a gift.

    `lessened` is what is not paid out as it was not paid yet, `overpaid` what comes back of cents too much.
    `after_all` is what comes back as it was paid although others had lessened it.
    `goods` is what its units cost, `points` what it moves the balance by; of that, `clawed_back` were earned. `extra`
    is what it gives back of a line that is no unit. `shipping` is what comes back for each parcel, `interest` what
    comes back of each payment's; `sending_due` names the parcels, by their places, whose sending it brings, and
    `sending_lost` is what the bank took for sending, which is of no parcel.
    `beside_comes`: the gift, or the other part of its bundle, came too.
    `coupon_off` is below zero where what was deducted before comes back. `coupon_owed` is what the coupon was worth
    that was spent between the settlement and the taking back (rule 42). Where the bank may have taken something,
    `credit` is what goes back of what each line granted, and the two `owed_for_` are what no payout could cover of
    coupon and gift; below zero where less is owed than before. `takes_grants` says whether anything that was granted
    goes back.
    """

    shares: tuple[int, ...]
    lessened: int = 0
    overpaid: int = 0
    goods: int = 0
    points: int = 0
    clawed_back: int = 0
    extra: int = 0
    shipping: tuple[int, ...] = ()
    coupon_off: int = 0
    is_revoked: bool = False
    gift: int = 0
    beside_comes: bool = False
    coupon_owed: int = 0
    interest: tuple[int, ...] = ()
    after_all: int = 0
    credit: Mapping[str, int] = field(default_factory=dict)
    owed_for_coupon: int = 0
    owed_for_gift: int = 0
    takes_grants: bool = True
    sending_due: tuple[int, ...] = ()
    sending_lost: int = 0

    @property
    def total(self) -> int:
        return sum(self.shares)

    @property
    def customer_gets(self) -> tuple[int, int, int, int]:
        """What tells a settlement from its quote: the money and the points."""
        return self.total, self.lessened, self.points, self.clawed_back

    @property
    def coupon_charged(self) -> int:
        return self.coupon_off + self.coupon_owed + self.owed_for_coupon
