"""What refunds have claimed of an order line, and what is still left of it (rules 4 to 6).

A claim is made when a refund is requested and is given up when the refund is refused, so a unit is never
refunded twice and any sequence of partial returns adds up exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import Measure, in_words
from domain.sale.sales import SoldLine
from domain.sale.units import Units


class ClaimState(StrEnum):
    """`claimed` while the refund is decided, `settled` once its amounts are fixed, `paid` after the payout."""

    CLAIMED = "claimed"
    SETTLED = "settled"
    PAID = "paid"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one refund takes of one line.

    `units` is empty for a money-only adjustment; `measure` says by what they are measured (rule 48). `absorbed` is how
    much of earlier adjustments these units make good, so that a unit of which 5.00 was adjusted pays what is left of it
    (rule 5). `is_loss`: the bank took the money, after a dispute (rule 52).
    """

    line_id: str
    units: Units
    amount: Money
    tax: Money
    absorbed: Money
    absorbed_tax: Money
    points: int
    state: ClaimState = ClaimState.CLAIMED
    measure: Measure | None = None
    is_loss: bool = False

    @property
    def is_adjustment(self) -> bool:
        return not self.units.ranges

    @property
    def is_final(self) -> bool:
        return self.state in (ClaimState.SETTLED, ClaimState.PAID)


def take_the_same_money(claims: Sequence[Claim], others: Sequence[Claim]) -> bool:
    """Tell whether both are money-only adjustments of the same amounts off the same lines (rule 5)."""
    if not all(claim.is_adjustment for claim in (*claims, *others)):
        return False
    return {(claim.line_id, claim.amount) for claim in claims} == {(claim.line_id, claim.amount) for claim in others}


Turns = Sequence[Units] | None
"""Units of a line in the order in which they are claimed, others are not; None: all, as they come."""


def _first_of(free: Units, quantity: int, turns: Sequence[Units]) -> Units:
    """Take so many free units, each turn after the one before."""
    taken = Units()
    for turn in turns:
        more = free.within(turn).first(quantity - taken.count)
        taken = Units.union((taken, more))
    return taken


@dataclass(frozen=True, slots=True)
class LinePosition:
    """A sold line with every live claim on it; `gifts_kept` are units that are the customer's for good (rule 27)."""

    line: SoldLine
    claims: tuple[Claim, ...]
    gifts_kept: Units = Units()

    @property
    def unclaimed_units(self) -> Units:
        return self.line.all_units.without(Units.union(claim.units for claim in self.claims))

    @property
    def free_units(self) -> Units:
        """The units that can still be claimed."""
        return self.unclaimed_units.without(self.gifts_kept)

    @property
    def units_undone(self) -> Units:
        """The units whose sale is undone: those returned, and all of them once the line's whole price came back.

        So a whole price that adjustments gave back takes back what the line earned and granted like a return of it.
        A part of it takes nothing back: the goods stay, and what they earned stays with them (rules 5, 19 and 45).
        """
        price = self.line.price_of(self.unclaimed_units)
        if price and self.open_adjustments.reaches(price):
            return self.line.all_units
        return self.line.all_units.without(self.unclaimed_units)

    @property
    def lost(self) -> Money:
        """What the bank took of units that the customer keeps: so much of their sale is undone as well (rule 52)."""
        taken = Money.total((claim.amount for claim in self.claims if claim.is_loss), self.line.gross.currency)
        if not taken or self.units_undone == self.line.all_units:
            return taken.like(0)
        return taken.at_most(self.open_adjustments).not_below_zero()

    @property
    def owed_for_units(self) -> Money:
        """What returned units paid less for money off the line that was given up after all."""
        return self.open_adjustments.like(-self.open_adjustments.minor_units).not_below_zero()

    @property
    def left(self) -> Money:
        """What the line can still pay: the price of its free units less the adjustments already taken."""
        return (self.line.price_of(self.free_units) - self.open_adjustments).not_below_zero()

    @property
    def tax_worth(self) -> Money:
        """The tax inside the units that nobody claimed, less that of the adjustments already taken."""
        return self.line.tax_of(self.unclaimed_units) - self._open_adjustments_tax

    def paid_for(self, units: Units) -> Money:
        """What was paid for these units, less what adjustments have given back of it."""
        price = self.line.price_of(units)
        return price - self.open_adjustments.not_below_zero().at_most(price)

    def claim_units(self, quantity: int, turns: Turns = None) -> Claim:
        """Claim the next `quantity` free units, or thousandths (rules 4 and 48), of parcels in their `turns` (rule 49).

        Raises `quantity_not_available`, and `nothing_was_sent` where the others were not sent yet.
        """
        free = self.free_units
        if quantity > free.count:
            raise RefundRejected(
                Refusal.QUANTITY_NOT_AVAILABLE,
                f"{self._in_words(quantity)} of line {self.line.line_id!r} asked for, "
                f"{self._in_words(free.count)} of {self._in_words(self.line.quantity)} left",
            )
        if turns is None:
            return self._claim_of(free.first(quantity))
        ready = self.ready(turns)
        if quantity > ready.count:
            raise RefundRejected(
                Refusal.NOTHING_WAS_SENT,
                f"{self._in_words(quantity)} of line {self.line.line_id!r} asked for, {self._in_words(ready.count)} of "
                "what is left were sent and can come back; ask for the others with kind refund_only",
            )
        return self._claim_of(_first_of(free, quantity, turns))

    def ready(self, turns: Turns) -> Units:
        """The units that can be claimed now: the free ones that have a turn."""
        return self.free_units if turns is None else self.free_units.within(Units.union(turns))

    def claim_amount(self, amount: Money) -> Claim:
        """Claim money without moving units (rule 5); raises `amount_not_available`."""
        if amount.exceeds(self.left):
            raise RefundRejected(
                Refusal.AMOUNT_NOT_AVAILABLE,
                f"{amount.minor_units} of line {self.line.line_id!r} asked for, {self.left.minor_units} left",
            )
        nothing = amount.like(0)
        tax = self._tax_of_adjustment(amount)
        return Claim(self.line.line_id, Units(), amount, tax, nothing, nothing, points=0, measure=self.line.measure)

    def claim_rest(self, turns: Turns = None) -> tuple[Claim, ...]:
        """Claim every free unit that has a turn.

        With the last goes what units gave up for an adjustment that was refused after all.
        """
        ready = self.ready(turns)
        goods = (self._claim_of(ready),) if ready.ranges else ()
        if ready != self.free_units:
            return goods
        rest = LinePosition(self.line, self.claims + goods, self.gifts_kept)
        return (*goods, rest.claim_amount(rest.left)) if rest.left else goods

    def claim_again(self, claim: Claim, accepted: int) -> Claim:
        """Claim the first `accepted` units of a claim that is no longer among `claims`, at today's worth (rule 12)."""
        return claim if claim.is_adjustment else self._claim_of(claim.units.first(accepted))

    def _claim_of(self, units: Units) -> Claim:
        price, tax = self.line.price_of(units), self.line.tax_of(units)
        absorbed = price.at_most(self.open_adjustments).not_below_zero()
        absorbed_tax = tax.at_most(self._open_adjustments_tax)
        points = self.line.points_of(units)
        if not units.ranges:
            absorbed = absorbed_tax = price.like(0)
        return Claim(
            line_id=self.line.line_id,
            units=units,
            amount=price - absorbed,
            tax=tax - absorbed_tax,
            absorbed=absorbed,
            absorbed_tax=absorbed_tax,
            points=points,
            measure=self.line.measure,
        )

    def _in_words(self, quantity: int) -> str:
        return in_words(quantity, self.line.measure)

    def _tax_of_adjustment(self, amount: Money) -> Money:
        """The line's tax in proportion; whoever takes the last of the line takes the rest of its tax.

        Small parts that round to no tax leave no more tax to the rest than the rest pays.
        """
        tax_left = self.line.tax_of(self.free_units) - self._open_adjustments_tax
        if amount == self.left:
            return tax_left
        tax = self.line.tax.portion(amount, self.line.paid).at_most(tax_left)
        least = (tax_left - (self.left - amount)).at_most(amount)
        return (least if least.exceeds(tax) else tax).not_below_zero()

    @property
    def open_adjustments(self) -> Money:
        """Adjustments that no returned unit has made good yet."""
        taken = Money.total((claim.amount for claim in self.claims if claim.is_adjustment), self.line.gross.currency)
        return taken - Money.total((claim.absorbed for claim in self.claims), taken.currency)

    @property
    def _open_adjustments_tax(self) -> Money:
        taken = Money.total((claim.tax for claim in self.claims if claim.is_adjustment), self.line.gross.currency)
        return taken - Money.total((claim.absorbed_tax for claim in self.claims), taken.currency)
