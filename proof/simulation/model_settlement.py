"""What one refund comes to: its money, and what is taken off for a granted coupon or for a gift that stays.

It says in whole numbers of one order what `domain/settlement/settle.py` says of any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from activities.entitlements import Entitlement
from activities.settlement import PlannedPayout, SettlementSummary
from domain.claims.claims import ClaimState
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money, split
from domain.payout.keys import payout_key
from proof.simulation.books import Books
from proof.simulation.extras import NOTHING_BACK, Back, extra_back, units_back
from proof.simulation.figures import COUPON_GRANTED, GIFT_VALUE
from proof.simulation.model_claims import ModelClaims
from proof.simulation.order_lines import absorbed_by, points_due, units_of
from proof.simulation.parcels import shipping_back
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.rich_losses import grants_taken
from proof.simulation.settled import Settled
from proof.simulation.versions import ModelVersions
from proof.simulation.wares import PART

_OF_ANY_ORDER = (Entitlement.COUPONS, Entitlement.POINTS, Entitlement.CAMPAIGNS)
_OF_A_RICH_ORDER = (*_OF_ANY_ORDER, Entitlement.GRANTS, Entitlement.EXCLUSIVE_DISCOUNTS, Entitlement.TIER)

_PROVIDER = "sandbox"
"""Who is asked for each payment, by a task queue of its own (0113)."""


@dataclass(frozen=True, slots=True)
class CouponPart:
    """What a refund takes of the coupon that the order granted (rules 16, 44 and 45)."""

    off: int = 0
    is_revoked: bool = False


_STAYS = CouponPart()


class ModelSettlement(ModelClaims, ModelVersions):
    def __init__(self, books: Books) -> None:
        self.books = books

    @property
    def _payments(self) -> tuple[str, ...]:
        return tuple(f"p{place}" for place, _ in enumerate(self.books.wares.payments.worth))

    def work_out(self, refund: RefundBook, units: int, *, beside_comes: bool) -> Settled:
        """Settle so many units of a refund, as the order stands now; `beside_comes`: what is beside them comes too."""
        if self.books.scenario.may_be_lost:
            return self.of_what_is_left(refund, units, beside_comes=beside_comes)
        if refund.is_after_all:
            return self.of_what_was_paid(refund)
        others = [each for each in self.books.refunds.values() if each is not refund and each.settled is not None]
        back = self.back(refund, units, beside_comes=beside_comes)
        extra, clawed_back = extra_back(self.books, others, back), self.claw_back(others, back)
        shipping = self.shipping(others, back) if self.books.wares.parcels else ()
        coupon, gift = _STAYS, 0
        if self.books.scenario.is_rich:
            comes = beside_comes and refund.has_gift
            coupon, gift = self.coupon_part(others, units), self.gift_off(refund, units, gift_comes=comes)
        overpaid = self.overpaid(others, back)
        due = back.goods + extra + sum(shipping) + overpaid - coupon.off - gift
        lessened = self.lessened(others, due)
        interest = self.interest(others, back)
        left = [each + more for each, more in zip(self.left(refund), interest, strict=True)]
        return Settled(
            tuple(split(due - lessened + sum(interest), left)),
            interest=interest,
            lessened=lessened,
            overpaid=overpaid,
            goods=back.goods,
            points=back.points - clawed_back,
            clawed_back=clawed_back,
            extra=extra,
            shipping=shipping,
            coupon_off=coupon.off,
            is_revoked=coupon.is_revoked,
            gift=gift,
            beside_comes=beside_comes,
        )

    def back(self, refund: RefundBook, units: int, *, beside_comes: bool) -> Back:
        """What comes back of the units that it has claimed: the first ones of them (rule 4)."""
        of, parts = self.books.wares.units[refund.line_id], int(beside_comes and refund.beside == PART)
        own = refund.claimed[:units]
        beside = self.books.wares.units[PART].paid if parts else 0
        units_back = {of.line_id: frozenset(own)} | ({refund.beside: frozenset({0})} if beside_comes else {})
        return Back(of.line_id, units + parts, of.price(own) + beside, of.points_of(own), units_back)

    def shipping(self, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
        """What comes back for sending each parcel (rules 8 and 49)."""
        return _within(self.of_parcels(others, back, self._sent_back(others)), self._sending_left(others))

    def of_parcels(self, others: Sequence[RefundBook], back: Back, before: Sequence[int]) -> tuple[int, ...]:
        """What these units bring of what sending each parcel cost, less what came back `before`."""
        parcels, returned = self.books.wares.parcels, dict(back.units)
        for each in others:
            for line_id, units in units_back(each).items():
                returned[line_id] = returned.get(line_id, frozenset()) | units
        is_for_no_fault = self.books.scenario.kind.is_for_no_fault
        return shipping_back(parcels, returned, back.units, before, is_for_no_fault=is_for_no_fault)

    def lessened(self, others: Sequence[RefundBook], due: int) -> int:
        """What of it was not paid yet, and is not to be paid any more (rule 50)."""
        before = sum(each.settled.lessened for each in others if each.settled is not None)
        return min(max(self.books.wares.payments.not_paid_yet - before, 0), due)

    def interest(self, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
        """What comes back of each payment's interest: by the price of what the merchant is at fault for (rule 50)."""
        known = self.books.wares.payments
        if not known.interest or self.books.scenario.kind.is_for_no_fault:
            return (0,) * len(known.worth)
        undone = back.goods + sum(each.settled.goods for each in others if each.settled is not None)
        before = self._interest_back(others)
        so_far = (whole * undone // self.books.wares.goods for whole in known.interest)
        return tuple(max(due - gone, 0) for due, gone in zip(so_far, before, strict=True))

    def _interest_back(self, others: Sequence[RefundBook]) -> list[int]:
        gone = [each.settled.interest for each in others if each.settled is not None and each.settled.interest]
        payments = range(len(self._payments))  # the last one may be newer
        return [sum(each[place] for each in gone if place < len(each)) for place in payments]

    def overpaid(self, others: Sequence[RefundBook], back: Back) -> int:
        """The cents that were paid too much come back with the last unit."""
        before = sum(each.settled.overpaid for each in others if each.settled is not None)
        return self.books.wares.payments.overpaid - before if self._completes(others, back) else 0

    def _completes(self, others: Sequence[RefundBook], back: Back) -> bool:
        return back.count + sum(each.units + each.parts for each in others) == self.books.wares.count

    def claw_back(self, others: Sequence[RefundBook], back: Back) -> int:
        """What was earned with the goods that are returned so far, floored, less what others took (rule 19)."""
        wares = self.books.wares
        before = [each.settled for each in others if each.settled is not None]
        undone = back.goods + sum(each.goods for each in before)
        due = wares.earned if self._completes(others, back) else wares.earned * undone // wares.goods
        return max(due - sum(each.clawed_back for each in before), 0)

    def settle(self, refund: RefundBook, accepted: tuple[tuple[str, int], ...] | None) -> None:
        """Settle a refund for what was accepted, or for all it asks for, and plan what is to be paid."""
        refund.claims, refund.held, refund.status = ClaimState.SETTLED, "held", RefundStatus.PAYING_OUT
        refund.settled_for, refund.settled_in = accepted, self.books.version
        beside_comes = bool(refund.beside) if accepted is None else dict(accepted).get(refund.beside, 0) > 0
        refund.settled = self.work_out(refund, refund.units, beside_comes=beside_comes)
        refund.claimed = refund.claimed[: refund.units]
        refund.is_coupon_back, refund.are_discounts_back = self.books.coupon > 0, self.books.are_discounts_back
        scenario = self.books.scenario
        is_chosen = not refund.is_of_the_house and refund.refund_id != scenario.external
        for place, (payment_id, share) in enumerate(zip(self._payments, refund.settled.shares, strict=True)):
            if not share:
                continue
            own = self._own(refund, place, payment_id, share)
            payout = BookedPayout(payment_id, payout_key(refund.refund_id, place, 0), own, share)
            payout.is_to_credit = place == 0 and is_chosen and scenario.is_to_credit
            payout.is_to_bank = place == 0 and is_chosen and scenario.is_to_bank
            refund.payouts[payment_id] = payout

    def of_what_is_left(self, refund: RefundBook, units: int, *, beside_comes: bool) -> Settled:
        """Settle units of an order of which a bank may have taken something: they pay what is left of them (rule 5)."""
        others = [each for each in self.books.refunds.values() if each is not refund and each.settled is not None]
        back = self.back(refund, units, beside_comes=beside_comes) if refund.line_id else NOTHING_BACK
        own = units_of(refund, units, beside_comes=beside_comes)
        refund.absorbed = absorbed_by(self.books, refund, own)
        shipping = self.shipping_beside(refund, others, back)
        extra = extra_back(self.books, others, back)
        taken, gift = grants_taken(self.books, refund, own), 0
        if self.books.scenario.is_rich:
            gift = self.gift_off(refund, units, gift_comes=beside_comes and refund.has_gift)
        goods = back.goods - sum(refund.absorbed.values()) + sum(refund.more.values())
        overpaid = self.overpaid(others, back)
        due = goods + extra + sum(shipping) + overpaid + taken.returned
        coupon_off = min(taken.missing, due)
        gift_off = min(gift, due - coupon_off)
        total = due - coupon_off - gift_off
        clawed_back = points_due(self.books, refund, own)
        return Settled(
            tuple(split(total, self.left(refund))) if total else (0,) * len(self._payments),
            overpaid=overpaid,
            goods=back.goods,
            extra=extra,
            shipping=shipping,
            sending_due=self.sending_due(refund, others, back),
            points=back.points - clawed_back,
            clawed_back=clawed_back,
            coupon_off=coupon_off - taken.returned,
            is_revoked=taken.is_revoked,
            gift=gift_off,
            beside_comes=beside_comes,
            credit=taken.credit,
            owed_for_coupon=taken.missing - coupon_off - taken.let_go,
            owed_for_gift=gift - gift_off,
            takes_grants=taken.does_something,
        )

    def shipping_beside(self, refund: RefundBook, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
        """What comes back for sending each parcel, of which the bank may have taken some.

        Without units nothing does, but for what a loss had taken of it that was won after all.
        """
        if refund.line_id:
            return self.shipping(others, back)
        return self.shipping_paid_less(refund) if refund.brings_shipping else (0,) * len(self.books.wares.parcels)

    def sending_due(self, refund: RefundBook, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
        """The parcels whose sending comes back with it, by their places, whatever is left of that."""
        if not refund.line_id:
            return ()
        costs = self.of_parcels(others, back, [0] * len(self.books.wares.parcels))
        return tuple(place for place, cost in enumerate(costs) if cost)

    def shipping_paid_less(self, but: RefundBook | None = None) -> tuple[int, ...]:
        """What a loss had taken for sending parcels, of those that what came back had brought (rule 52)."""
        settled = [each for each in self.books.refunds.values() if each is not but and each.settled is not None]
        is_all_back = sum(each.units + each.parts for each in settled if each.line_id) == self.books.wares.count
        due = {place for each in settled if each.settled is not None for place in each.settled.sending_due}
        left = [
            parcel.cost - gone for parcel, gone in zip(self.books.wares.parcels, self._sent_back(settled), strict=True)
        ]
        amounts = [amount if is_all_back or place in due else 0 for place, amount in enumerate(left)]
        return _within(amounts, self._sending_left(settled))

    def sending_left(self, but: RefundBook | None = None) -> int:
        """What of all that sending cost nobody has: neither the customer nor the bank."""
        return self._sending_left([each for each in self.books.refunds.values() if each is not but])

    def _sending_left(self, others: Sequence[RefundBook]) -> int:
        settled = [each.settled for each in others if each.settled is not None]
        gone = sum(sum(each.shipping) + each.sending_lost for each in settled)
        return sum(each.cost for each in self.books.wares.parcels) - gone

    def _sent_back(self, others: Sequence[RefundBook]) -> list[int]:
        """What they have brought back for sending each parcel, which may be newer than some."""
        back = [each.settled.shipping for each in others if each.settled is not None]
        return [
            sum(each[place] for each in back if place < len(each)) for place, _ in enumerate(self.books.wares.parcels)
        ]

    def extra_left(self, but: RefundBook | None = None) -> int:
        """What no other refund that is settled has brought back of a line that is no unit."""
        others = [each.settled for each in self.books.refunds.values() if each is not but and each.settled is not None]
        extra = self.books.wares.extra
        return extra.paid - sum(each.extra for each in others) if extra is not None else 0

    def overpaid_left(self) -> int:
        """What nobody has of the cents that were paid too much."""
        settled = [each.settled for each in self.books.refunds.values() if each.settled is not None]
        return self.books.wares.payments.overpaid - sum(each.overpaid for each in settled)

    def of_what_was_paid(self, refund: RefundBook) -> Settled:
        """Settle what was paid although others had lessened it, and has not come back: nothing else (rule 50)."""
        others = [each for each in self.books.refunds.values() if each is not refund]
        lessened = sum(each.settled.lessened - each.settled.after_all for each in others if each.settled is not None)
        due = max(lessened - self.books.wares.payments.not_paid_yet, 0)
        shares = tuple(split(due, self.left(refund))) if due else (0,) * len(self._payments)
        return Settled(shares, after_all=due)

    def of_loss(self, loss: RefundBook, shares: tuple[int, ...]) -> Settled:
        """Settle what the bank took: it takes back what was earned by its share, and brings nothing back (rule 52)."""
        clawed_back = points_due(self.books, loss, {})
        taken = grants_taken(self.books, loss, {})
        beside = sum(shares) - sum(loss.off.values())
        sending = min(beside, self.sending_left(loss))
        extra = min(beside - sending, self.extra_left(loss))
        return Settled(
            shares,
            overpaid=beside - sending - extra,
            extra=extra,
            sending_lost=sending,
            points=-clawed_back,
            clawed_back=clawed_back,
            is_revoked=taken.is_revoked,
            credit=taken.credit,
            owed_for_coupon=taken.missing - taken.returned - taken.let_go,
            takes_grants=taken.does_something,
        )

    def coupon_part(self, others: Sequence[RefundBook], units: int) -> CouponPart:
        """For a part of the order's goods its share of the coupon is deducted; with the last of them it goes whole.

        Then what was deducted before comes back, where that is paid; the coupon of a customer who has used it stays.
        """
        before = [each.settled for each in others if each.settled is not None]
        if self.books.coupon_taken_by is not None or any(each.is_revoked for each in before):
            return _STAYS
        deducted = sum(each.coupon_charged for each in before)
        undone = units + sum(each.units for each in others)
        is_paid = all(each.claims is ClaimState.PAID for each in others)
        if undone == self.whole and is_paid and not self.books.is_coupon_used:
            return CouponPart(-deducted, is_revoked=True)
        return CouponPart(max(COUPON_GRANTED * undone // self.whole - deducted, 0))

    def gift_off(self, refund: RefundBook, units: int, *, gift_comes: bool) -> int:
        """The gift's value, where no goods are kept and nobody brings it or has paid for it (rule 27)."""
        others = [each for each in self.books.refunds.values() if each is not refund]
        gone = units + sum(each.units for each in others if each.settled is not None)
        is_settled = gift_comes or any(each.claims_gift or each.has_paid_for_gift for each in others)
        return 0 if is_settled or gone < self.whole else GIFT_VALUE

    @property
    def whole(self) -> int:
        """How many units the order has, gifts aside."""
        return self.books.wares.count

    def left(self, refund: RefundBook) -> list[int]:
        """What is left on each payment, in the order's currency."""
        known = self.books.wares.payments
        others = [each for each in self.books.refunds.values() if each is not refund]
        returned = self._interest_back(others) if known.interest else [0] * len(known.worth)
        kept = [whole - back for whole, back in zip(known.interest or returned, returned, strict=True)]
        return [
            captured - interest - sum(each.worth for each in self._paid_to(payment_id, refund))
            for payment_id, captured, interest in zip(self._payments, known.worth, kept, strict=True)
        ]

    def _paid_to(self, payment_id: str, but: RefundBook) -> list[BookedPayout]:
        """What other refunds pay to a payment."""
        others = [each for each in self.books.refunds.values() if each is not but]
        return [each.payouts[payment_id] for each in others if payment_id in each.payouts]

    def _own(self, refund: RefundBook, place: int, payment_id: str, share: int) -> int:
        """What a share is in the currency of its payment."""
        others = self._paid_to(payment_id, refund)
        before, own_before = sum(each.worth for each in others), sum(each.amount for each in others)
        return self.books.wares.payments.own_share(place, share, before=before, own_before=own_before)

    def summary(self, refund: RefundBook, *, differs: bool) -> SettlementSummary:
        scenario, settled = self.books.scenario, refund.settled or refund.lost_as
        assert settled is not None
        methods = ("card", *(scenario.others_paid_with for _ in self._payments[1:]))
        entitlements: tuple[Entitlement, ...] = _OF_A_RICH_ORDER if scenario.is_rich else _OF_ANY_ORDER
        if not (settled.points or settled.clawed_back):
            entitlements = tuple(each for each in entitlements if each is not Entitlement.POINTS)
        if scenario.is_rich and not settled.takes_grants:
            entitlements = tuple(each for each in entitlements if each is not Entitlement.GRANTS)
        if refund.is_coupon_back:
            entitlements = tuple(each for each in entitlements if each is not Entitlement.COUPONS)
        if refund.are_discounts_back:
            entitlements = tuple(each for each in entitlements if each is not Entitlement.EXCLUSIVE_DISCOUNTS)
        entitlements += (Entitlement.GIFTS,) * (settled.gift + settled.owed_for_gift > 0) + (
            Entitlement.CREDIT_BONUS,
        ) * (refund.bonus_due > 0)
        if scenario.has_systems and refund.units:
            entitlements += (Entitlement.PROMOTIONS,)
        planned = tuple(
            PlannedPayout(payment_id, method, self._as_paid(refund, place, payment_id), _PROVIDER)
            for place, (payment_id, method, share) in enumerate(
                zip(self._payments, methods, settled.shares, strict=False)  # the last payment may be newer
            )
            if share
        )
        return _summary(planned, settled.total, settled.lessened, entitlements, differs)

    def _as_paid(self, refund: RefundBook, place: int, payment_id: str) -> Money:
        """What is paid to a payment, in its currency; credit is in the order's."""
        if refund.settled is None and refund.lost_as is not None:
            return Money("CNY", refund.lost_as.shares[place])
        payout = refund.payouts[payment_id]
        if payout.is_to_credit:
            return Money("CNY", payout.worth)
        return Money(self.books.wares.payments.currency(place), payout.amount)


def _within(amounts: Sequence[int], left: int) -> tuple[int, ...]:
    """Bring these amounts, the first one first, as long as so much is left of all."""
    taken: list[int] = []
    for each in amounts:
        taken.append(min(each, left - sum(taken)))
    return tuple(taken)


@cache
def _summary(
    planned: tuple[PlannedPayout, ...],
    total: int,
    lessened: int,
    entitlements: tuple[Entitlement, ...],
    differs: bool,
) -> SettlementSummary:
    less = Money("CNY", lessened) if lessened else None
    return SettlementSummary(Money("CNY", total), planned, entitlements, differs=differs, lessened=less)
