"""Where an order stands: what was sold, what live refunds have taken, and what can still go back (rule 6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from domain.claims.bundles import PartAsked, refuse_incomplete
from domain.claims.claims import Claim, ClaimState, LinePosition, Turns
from domain.claims.live_refunds import LiveRefund
from domain.claims.payments_left import PaymentsLeft
from domain.claims.reasons import Reason
from domain.claims.sold_for_good import NO_OTHERS, kept_from_return, refuse_to_take_back
from domain.money.amounts import Money
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order, SoldForGood
from domain.sale.sales import Sale, SoldLine
from domain.sale.units import Units


@dataclass(frozen=True, slots=True)
class ExtraLeft:
    """What no refund has given back of an extra yet."""

    amount: Money
    tax: Money
    points: int


@dataclass(frozen=True, slots=True)
class LineRequest:
    """One line of a refund request: some units, or an amount without moving units (rule 5)."""

    line_id: str
    quantity: int | None
    amount: Money | None


AS_THEY_COME: Mapping[str, Turns] = MappingProxyType({})
"""Stands for orders whose units came together."""


def _part(line: LinePosition, asked: int) -> PartAsked:
    return PartAsked(line.line.line_id, line.line.quantity, line.free_units.count, asked, line.line.measure)


def by_line(claims: Iterable[Claim]) -> dict[str, tuple[Claim, ...]]:
    """Sort claims by the lines they are on."""
    sorted_: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        sorted_[claim.line_id].append(claim)
    return {line_id: tuple(on_line) for line_id, on_line in sorted_.items()}


class _After:
    """How things stand once some claims join the final ones; each figure is worked out when it is first asked for."""

    def __init__(self, final: Sequence[Claim], claims: Sequence[Claim]) -> None:
        self.claims = claims
        self.by_line = by_line([*final, *claims])
        self.is_complete: bool | None = None
        self.taken_off: dict[int, int] | None = None


class _Taken:
    """What live refunds have taken, by line: sorted once, however many lines and claims are asked about."""

    def __init__(self, refunds: Sequence[LiveRefund]) -> None:
        live = [claim for refund in refunds for claim in refund.claims]
        self.live = by_line(live)
        self._final = [claim for claim in live if claim.is_final]
        self.gifts_kept: dict[str, list[Units]] = defaultdict(list)
        for refund in refunds:
            for line_id, units in refund.gifts_kept:
                self.gifts_kept[line_id].append(units)
        self._after = _After(self._final, ())

    def after(self, claims: Sequence[Claim]) -> _After:
        """Join `claims` to the final ones; the same claims are asked about many times in a row."""
        if self._after.claims is not claims or not isinstance(claims, tuple):
            self._after = _After(self._final, claims)
        return self._after


@dataclass(frozen=True, slots=True)
class OrderPosition(PaymentsLeft):
    """A booked order with all of its live refunds."""

    order: Order
    sale: Sale
    refunds: tuple[LiveRefund, ...]
    _taken: _Taken = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_taken", _Taken(self.refunds))

    def without(self, refund_id: str) -> "OrderPosition":
        return replace(self, refunds=tuple(each for each in self.refunds if each.refund_id != refund_id))

    def only(self, state: ClaimState) -> "OrderPosition":
        """Leave out the claims that are in another state."""
        return replace(
            self,
            refunds=tuple(
                replace(each, claims=tuple(claim for claim in each.claims if claim.state is state))
                for each in self.refunds
            ),
        )

    def line(self, line_id: str) -> LinePosition:
        return LinePosition(self.sale.line(line_id), self._taken.live.get(line_id, ()), self._gifts_kept(line_id))

    def line_after(self, line_id: str, claims: Sequence[Claim]) -> LinePosition:
        """Return a line as it stands once `claims` join the settled refunds; what is only asked for is kept goods."""
        joined = self._taken.after(claims).by_line.get(line_id, ())
        return LinePosition(self.sale.line(line_id), joined, self._gifts_kept(line_id))

    @property
    def shipping_left(self) -> Money:
        return self.sale.shipping_paid - Money.total((each.shipping for each in self.refunds), self.sale.currency)

    @property
    def shipping_tax_left(self) -> Money:
        return self.sale.shipping_tax - Money.total((each.shipping_tax for each in self.refunds), self.sale.currency)

    @property
    def shipping_points_left(self) -> int:
        return self.sale.shipping_points - sum(each.shipping_points for each in self.refunds)

    def extra_left(self, extra: SoldLine) -> ExtraLeft:
        """What is left of a line that is no unit (rules 6 and 47)."""
        back = [each for refund in self.refunds for each in refund.extras if each.line_id == extra.line_id]
        return ExtraLeft(
            extra.paid - Money.total((each.amount for each in back), self.sale.currency),
            extra.tax - Money.total((each.tax for each in back), self.sale.currency),
            extra.points_spent - sum(each.points for each in back),
        )

    @property
    def goods_refunded(self) -> Money:
        """What went back for goods so far; shipping is not part of it."""
        return Money.total((claim.amount for claim in self._final_claims), self.sale.currency)

    @property
    def goods_left(self) -> Money:
        """What of the goods' price has not gone back yet."""
        return self.sale.goods_paid - self.goods_refunded

    def goods_payable(self, claims: Sequence[Claim]) -> Money:
        """What of it `claims` may take: what was paid for the gifts that stay is never paid out with other goods."""
        gifts = (self.line_after(line.line_id, claims) for line in self.sale.lines if line.gift)
        stays = Money.total((gift.paid_for(gift.unclaimed_units) for gift in gifts), self.sale.currency)
        return (self.goods_left - stays).not_below_zero()

    @property
    def goods_tax_left(self) -> Money:
        sold = Money.total((line.tax for line in self.sale.lines), self.sale.currency)
        return sold - Money.total((claim.tax for claim in self._final_claims), self.sale.currency)

    @property
    def points_clawed_back(self) -> int:
        return sum(refund.points_clawed_back for refund in self.refunds)

    def undone(self, claims: Sequence[Claim] = ()) -> dict[str, Units]:
        """Return by line the units whose sale settled refunds, and `claims` with them, undo (rules 5, 19 and 45)."""
        joined = self._taken.after(claims).by_line
        undone = {line_id: LinePosition(self.sale.line(line_id), made).units_undone for line_id, made in joined.items()}
        return {line_id: units for line_id, units in undone.items() if units.ranges}

    def lost(self, claims: Sequence[Claim] = ()) -> dict[str, Money]:
        """Return by line what the bank took of units that are not returned, after disputes that were lost (rule 52)."""
        joined = self._taken.after(claims).by_line
        with_loss = [line_id for line_id, made in joined.items() if any(claim.is_loss for claim in made)]
        lost = {line_id: LinePosition(self.sale.line(line_id), joined[line_id]).lost for line_id in with_loss}
        return {line_id: amount for line_id, amount in lost.items() if amount}

    def paid_less(self, claims: Sequence[Claim]) -> frozenset[str]:
        """Name the lines of which `claims` pay what returned units paid less for money that was given up after all."""
        adjusted = (claim.line_id for claim in claims if claim.is_adjustment)
        return frozenset(line_id for line_id in adjusted if self.line_after(line_id, ()).owed_for_units)

    def undoes_more(self, claims: Sequence[Claim]) -> bool:
        """Tell whether `claims` undo the sale of anything: a refund that does not takes nothing back.

        Units that are returned do, also those of a line whose whole price came back before: they may be the last ones.
        So does what returned units paid less, because the bank had taken it, and which was won after all (rule 52).
        """
        if any(not claim.is_adjustment for claim in claims) or self.paid_less(claims):
            return True
        return self.undone(claims) != self.undone() or self.lost(claims) != self.lost()

    def price_undone(self, claims: Sequence[Claim] = ()) -> Money:
        """Return what was paid for the units whose sale settled refunds, and `claims` with them, undo.

        So does what the bank took after a lost dispute, of the units that stay (rule 52).
        """
        prices = (self.sale.line(line_id).price_of(units) for line_id, units in self.undone(claims).items())
        return Money.total((*prices, *self.lost(claims).values()), self.sale.currency)

    def is_fully_returned(self, claims: Sequence[Claim] = ()) -> bool:
        """Tell whether every unit, gifts aside, is returned by settled refunds and by `claims` (rule 13).

        Of an order of gifts alone every gift counts.
        """
        after = self._taken.after(claims)
        if after.is_complete is None:
            after.is_complete = all(
                Units.union(claim.units for claim in after.by_line.get(line.line_id, ())) == line.all_units
                for line in self.sale.counted_lines
            )
        return after.is_complete

    def taken_off(self, claims: Sequence[Claim]) -> Mapping[int, int]:
        """Return what each discount, by its place, took off the units that `claims` return, in minor units."""
        after = self._taken.after(claims)
        if after.taken_off is None:
            after.taken_off = defaultdict(int)
            for claim in claims:
                for share in self.sale.line(claim.line_id).shares_of(claim.units):
                    after.taken_off[share.discount] += share.amount.minor_units
        return after.taken_off

    def claim(
        self,
        requested: Sequence[LineRequest] | None,
        reason: Reason,
        line_reasons: Mapping[str, Reason] = NO_OTHERS,
        turns: Mapping[str, Turns] = AS_THEY_COME,
    ) -> tuple[Claim, ...]:
        """Claim what is asked for, or with None everything left; no lines at all ask for the shipping alone.

        `turns` says which units of a line are claimed first, where they came in several parcels (rule 49).

        What was sold for good is refused where it is named and left out of everything left, unless the merchant is at
        fault, by the reason or by the line's own in `line_reasons`. So are parts without the others of a bundle whose
        parts come back only together. Raises RefundRejected: `line_not_found`, `line_not_returnable`,
        `bundle_incomplete`, `quantity_not_available`, `amount_not_available`, `nothing_left_to_refund`,
        `nothing_was_sent`.
        """
        kept = kept_from_return(self.order, reason, line_reasons)
        if requested is None:
            return self._claim_everything_left(kept, turns)
        refuse_to_take_back((each.line_id for each in requested if each.amount is None), kept)
        if not requested and not (self.shipping_left or self.shipping_points_left):
            raise RefundRejected(
                Refusal.NOTHING_LEFT_TO_REFUND, f"nothing is left of the shipping of order {self.order.order_id!r}"
            )
        claims = tuple(self._claim_line(each, turns.get(each.line_id)) for each in requested)
        if self.order.kept_together and not self.order.is_kept_from_sending:
            refuse_incomplete(self._bundles_asked(claims, reason, line_reasons))
        return claims

    def _bundles_asked(
        self, claims: Sequence[Claim], reason: Reason, line_reasons: Mapping[str, Reason]
    ) -> dict[str, list[PartAsked]]:
        """Find the bundles kept together of which anything is asked for because the customer changed their mind."""
        asked = {claim.line_id: claim.units.count for claim in claims if not claim.is_adjustment}
        bundles: dict[str, list[PartAsked]] = {}
        for line_id in asked:
            bundle_id = self.sale.line(line_id).bundle_id
            is_asked_for_a_fault = line_reasons.get(line_id, reason).is_merchants_fault
            if bundle_id in self.order.kept_together and bundle_id not in bundles and not is_asked_for_a_fault:
                parts = (self.line(line.line_id) for line in self.sale.lines if line.bundle_id == bundle_id)
                bundles[bundle_id] = [_part(each, asked.get(each.line.line_id, 0)) for each in parts]
        return bundles

    def _claim_line(self, requested: LineRequest, turns: Turns) -> Claim:
        line = self.line(requested.line_id)
        if requested.amount is not None:
            return line.claim_amount(requested.amount)
        return line.claim_units(requested.quantity or 0, turns)

    def _claim_everything_left(self, kept: Mapping[str, SoldForGood], turns: Mapping[str, Turns]) -> tuple[Claim, ...]:
        wanted = (line.line_id for line in self.sale.lines if line.line_id not in kept)
        claims = tuple(claim for line_id in wanted for claim in self.line(line_id).claim_rest(turns.get(line_id)))
        if not claims:
            refuse_to_take_back((line_id for line_id in kept if self.line(line_id).free_units.count), kept)
            if any(self.line(line.line_id).free_units.ranges for line in self.sale.lines):
                raise RefundRejected(
                    Refusal.NOTHING_WAS_SENT,
                    f"nothing of what is left of order {self.order.order_id!r} was sent yet, so nothing can come back: "
                    "ask with kind refund_only, or none",
                )
            raise RefundRejected(
                Refusal.NOTHING_LEFT_TO_REFUND,
                f"every unit of order {self.order.order_id!r} is already in a refund",
            )
        return claims

    def _gifts_kept(self, line_id: str) -> Units:
        return Units.union(self._taken.gifts_kept.get(line_id, ()))

    @property
    def _claims(self) -> list[Claim]:
        return [claim for refund in self.refunds for claim in refund.claims]

    @property
    def _final_claims(self) -> list[Claim]:
        return [claim for claim in self._claims if claim.is_final]
