"""What the order itself granted goes back with the lines that earned it: coupons and store credit (rules 16 and 45)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from domain.claims.claims import Claim
from domain.claims.live_refunds import GrantTaken
from domain.claims.positions import OrderPosition
from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.money.amounts import Money
from domain.policy import TakeBack
from domain.sale.orders import RewardKind
from domain.sale.sales import Sale, SoldLine
from domain.sale.units import Units
from domain.settlement.deductions import Deduction, DeductionKind, Missing

NOBODY_ELSE: Mapping[str, Money] = {}


@dataclass(frozen=True, slots=True)
class Grant:
    """A coupon or store credit that the order granted and that can still go back, for its lines (empty: all goods).

    `name` is the coupon's id, or names the credit within its order. `value` is the amount of credit, what a used coupon
    took off, or what an unused one can still take off. `customer_id` is somebody else who has it, empty for the
    customer of the order. Of credit, `ran_out` is what ended unspent at `expires_at`: None is nothing, and no end.
    """

    name: str
    kind: RewardKind
    value: Money
    is_used: bool
    line_ids: tuple[str, ...] = ()
    customer_id: str = ""
    ran_out: Money | None = None
    expires_at: datetime | None = None

    @property
    def is_coupon(self) -> bool:
        return self.kind is RewardKind.COUPON


def others_with(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Name the customers, other than the order's, who have any of these grants."""
    return tuple(sorted({each.customer_id for each in grants if each.customer_id}))


@dataclass(frozen=True, slots=True)
class GrantEffect:
    """How a grant goes back: `taken` from what is still there, `missing` deducted; all zero while it stays.

    `is_withdrawn` once all of it went back. Of what earlier refunds deducted for its parts, `returned` is paid with
    this one and `no_longer_owed` is let go; None is nothing.

    `spent_since` is the value of what was spent between the settlement and the taking back: it is owed (rule 42).
    `deducted_before` is what earlier refunds deducted for a used coupon and this one leaves deducted. `owed_by_another`
    is what somebody else who was granted it has spent: they owe it, and the refund is not less for it.
    """

    grant: Grant
    is_withdrawn: bool
    taken: Money
    missing: Money
    returned: Money | None = None
    no_longer_owed: Money | None = None
    spent_since: Money | None = None
    deducted_before: Money | None = None
    owed_by_another: Money | None = None

    @property
    def does_something(self) -> bool:
        moved = self.taken or self.missing or self.returned or self.no_longer_owed or self.owed_by_another
        return self.is_withdrawn or bool(moved)

    @property
    def taken_back(self) -> Money:
        """What of store credit was still there to take."""
        return self.taken - self.spent_since if self.spent_since and not self.grant.is_coupon else self.taken

    @property
    def is_revoked(self) -> bool:
        """The coupon can't be used any more; one that was used or paid for by a deduction stays the customer's."""
        is_unused = self.grant.is_coupon and not self.grant.is_used and self.spent_since is None
        return self.is_withdrawn and is_unused

    @property
    def stays_the_customers(self) -> bool:
        """A coupon whose value was deducted is the customer's: it comes back with the order that used it (rule 44).

        So is one whose value is owed: it was used since the settlement, or somebody else has it.
        """
        is_paid_for = self.grant.is_used and bool(self.missing or self.deducted_before or self.owed_by_another)
        return self.grant.is_coupon and (is_paid_for or bool(self.spent_since))


def take_grants_back(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    grants: Sequence[Grant],
    *,
    store_credit: Money,
    policy: TakeBack,
    credit_of_others: Mapping[str, Money] = NOBODY_ELSE,
) -> tuple[tuple[GrantEffect, ...], Money]:
    """Take back what the undone units of its lines granted (rules 16 and 45); return the effects and the credit left.

    A grant goes back by the price that was paid for the units, floored over all refunds so far, and the last unit takes
    the rest; units that cost nothing carry shares by their price before discounts, or even ones. A line whose whole
    price came back as money-only adjustments counts as returned; for a part of a line's price nothing goes back.

    Store credit is debited as far as it is there, and the rest is deducted. A coupon can't be divided: for a part its
    share is deducted and it stays. With the last of its lines an unused one is revoked, and what was deducted for its
    parts comes back; a used one is deducted, unless the policy forgives it. Where a refund that deducted for a part
    is not paid yet, its deduction can't come back: then the rest is deducted too, and the coupon stays (rule 44).
    Nor can what is owed for a lost dispute, which may be won after all (rule 52). Where it is, what returned units had
    paid less for it takes back what they did not.

    What a used coupon took off is its value, for a part too. It comes back with the order that used it: while some of
    its own lines are not returned, whole, and what is due for them is settled with the last of them; after that, worth
    what was deducted for it.

    What was granted to somebody else goes back from them. What they have spent of it they owe: nothing is deducted from
    who did not get it. Of a coupon of theirs nothing goes back for a part. `credit_of_others` is what they have.
    """
    if not grants:
        return (), store_credit
    before, after = position.undone(), position.undone(claims)
    lost_before, lost = position.lost(), position.lost(claims)
    paid_less = position.paid_less(claims)
    effects: list[GrantEffect] = []
    theirs = dict(credit_of_others)
    for grant in grants:
        lines = lines_of(grant.line_ids, position.sale)
        share, taken = undone_share(lines, after, lost), _taken_before(grant, position)
        is_as_before = not any(line.line_id in paid_less for line in lines) and all(
            (before.get(line.line_id), lost_before.get(line.line_id))
            == (after.get(line.line_id), lost.get(line.line_id))
            for line in lines
        )
        if taken.is_revoked or is_as_before:
            effects.append(_stays(grant))
            continue
        if grant.customer_id:
            there = theirs.get(grant.customer_id, grant.value.like(0))
            effects.append(_take_from_another(grant, share, taken, there, policy))
            theirs[grant.customer_id] = there - effects[-1].taken
        elif grant.is_coupon:
            effects.append(_take_coupon(grant, share, taken, policy))
        else:
            effects.append(_take_credit(grant, share, taken, store_credit.not_below_zero()))
            store_credit -= effects[-1].taken
    return tuple(effects), store_credit


def as_coupon(effect: GrantEffect) -> CouponEffect:
    """Show what became of a granted coupon: one that can still be used is kept, though a share of it is deducted."""
    outcome = CouponOutcome.KEPT
    if effect.is_revoked:
        outcome = CouponOutcome.REVOKED
    elif effect.stays_the_customers and (effect.missing or effect.spent_since):
        outcome = CouponOutcome.VALUE_DEDUCTED
    return CouponEffect(effect.grant.name, outcome, effect.spent_since or effect.missing)


_DEDUCTED_AS = {
    RewardKind.COUPON: DeductionKind.GRANTED_COUPON,
    RewardKind.STORE_CREDIT: DeductionKind.GRANTED_CREDIT,
}


def missing_grants(effects: Iterable[GrantEffect]) -> list[Missing]:
    return [Missing(_DEDUCTED_AS[each.grant.kind], each.grant.name, each.missing) for each in effects]


def returned_deductions(effects: Iterable[GrantEffect]) -> tuple[Deduction, ...]:
    """What comes back of earlier deductions: `amount` with this payout, `owed` is no longer owed (rule 45)."""
    return tuple(
        Deduction(_DEDUCTED_AS[each.grant.kind], each.grant.name, each.returned, each.no_longer_owed)
        for each in effects
        if each.returned is not None and each.no_longer_owed is not None
    )


def owed_grants(effects: Iterable[GrantEffect]) -> tuple[Deduction, ...]:
    """List what the customer owes of grants that were spent before they could be taken back (rule 42)."""
    return tuple(
        Deduction(_DEDUCTED_AS[each.grant.kind], each.grant.name, each.spent_since.like(0), each.spent_since)
        for each in effects
        if each.spent_since and not each.grant.customer_id
    )


def grants_taken(
    effects: Iterable[GrantEffect], deductions: Sequence[Deduction], returned: Sequence[Deduction]
) -> tuple[GrantTaken, ...]:
    """Say what one refund took of each grant, for the refunds that come after it."""
    return tuple(
        _taken_by(effect, _found(effect, deductions), _found(effect, returned))
        for effect in effects
        if effect.does_something
    )


def _taken_by(effect: GrantEffect, off: Deduction | None, back: Deduction | None) -> GrantTaken:
    nothing = effect.taken.like(0)
    deducted, owed = (off.amount, off.owed) if off else (nothing, nothing)
    returned, let_go = (back.amount, back.owed) if back else (nothing, nothing)
    owed += (effect.spent_since or nothing) + (effect.owed_by_another or nothing)
    name, kind = effect.grant.name, effect.grant.kind
    return GrantTaken(
        name, kind, effect.taken_back, deducted - returned, owed - let_go, effect.is_revoked, effect.is_withdrawn
    )


def paid_for(taken: Sequence[GrantTaken]) -> Money | None:
    """Return what was deducted, or is owed, for a coupon whose lines are all returned: so much of it was paid for.

    None while some of its lines are not returned, where it was revoked, and where nothing was deducted (rule 44).
    """
    if not any(each.is_whole for each in taken) or any(each.is_revoked for each in taken):
        return None
    paid = Money.total((each.deducted + each.owed for each in taken), taken[0].deducted.currency)
    return paid or None


def _found(effect: GrantEffect, among: Sequence[Deduction]) -> Deduction | None:
    of_grant = (_DEDUCTED_AS[effect.grant.kind], effect.grant.name)
    return next((each for each in among if (each.kind, each.source_id) == of_grant), None)


def _stays(grant: Grant) -> GrantEffect:
    return GrantEffect(grant, False, grant.value.like(0), grant.value.like(0))


# Shares


NOTHING_LOST: Mapping[str, Money] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class UndoneShare:
    """How much of some lines is undone: `part` of `whole`, which is never zero; `is_all` takes the rest (rule 45)."""

    part: int
    whole: int
    is_all: bool

    def of(self, value: Money) -> Money:
        return value if self.is_all else value.like(value.minor_units * self.part // self.whole)


def lines_of(line_ids: Collection[str], sale: Sale) -> tuple[SoldLine, ...]:
    """Return the lines of a sale that have these ids; without any, all goods."""
    return tuple(line for line in sale.lines if line.line_id in line_ids) or sale.counted_lines


def undone_share(
    lines: Sequence[SoldLine], undone: Mapping[str, Units], lost: Mapping[str, Money] = NOTHING_LOST
) -> UndoneShare:
    """Return how much of lines is undone: by the price paid, else by the price before discounts, else by units.

    Of what is measured, a kilogram counts like a unit. What the bank took of units that stay counts by the price paid
    (rule 52).
    """
    back = [(line, undone.get(line.line_id, Units())) for line in lines]
    gone = sum(lost[line.line_id].minor_units for line in lines if line.line_id in lost)
    paid = (
        sum(line.price_of(units).minor_units for line, units in back) + gone,
        sum(line.paid.minor_units for line in lines),
    )
    gross = sum(line.gross_of(units).minor_units for line, units in back), sum(line.gross.minor_units for line in lines)
    count = sum(line.weight_of(units) for line, units in back), sum(line.weight_of(line.all_units) for line in lines)
    part, whole = next((part, whole) for part, whole in (paid, gross, count) if whole)
    return UndoneShare(part, whole, count[0] == count[1])


@dataclass(frozen=True, slots=True)
class _TakenBefore:
    """What live refunds took of a grant; `is_paid` where every one that took something is paid for good."""

    amount: Money
    owed: Money
    is_paid: bool
    is_revoked: bool


def _taken_before(grant: Grant, position: OrderPosition) -> _TakenBefore:
    taken = [(each, one) for each in position.refunds for one in each.grants if (one.name, one.kind) == _key(grant)]
    currency = grant.value.currency
    return _TakenBefore(
        amount=Money.total((one.taken + one.deducted + one.owed for _, one in taken), currency),
        owed=Money.total((one.owed for _, one in taken), currency).not_below_zero(),
        is_paid=all(refund.is_paid and not refund.is_loss for refund, _ in taken),
        is_revoked=any(one.is_revoked for _, one in taken),
    )


def _key(grant: Grant) -> tuple[str, RewardKind]:
    return grant.name, grant.kind


# Taking


def _take_credit(grant: Grant, share: UndoneShare, before: _TakenBefore, store_credit: Money) -> GrantEffect:
    due = _due_of_credit(grant, share, before)
    taken = due.at_most(store_credit)
    return GrantEffect(grant, share.is_all, taken, due - taken)


def _due_of_credit(grant: Grant, share: UndoneShare, before: _TakenBefore) -> Money:
    """What ended unspent is gone already, and does not go back once more."""
    due = share.of(grant.value) - (grant.ran_out or grant.value.like(0))
    return (due.not_below_zero() - before.amount).not_below_zero()


def _take_from_another(
    grant: Grant, share: UndoneShare, before: _TakenBefore, there: Money, policy: TakeBack
) -> GrantEffect:
    """Take back what somebody else was granted; `there` is the credit that they have."""
    nothing = grant.value.like(0)
    if not grant.is_coupon:
        effect = _take_credit(grant, share, before, there.not_below_zero())
        return replace(effect, missing=nothing, owed_by_another=effect.missing or None)
    if not share.is_all:
        return _stays(grant)
    is_owed = grant.is_used and policy is TakeBack.DEDUCT
    owed = (grant.value - before.amount).not_below_zero() if is_owed else nothing
    return GrantEffect(grant, True, nothing, nothing, owed_by_another=owed or None)


def _take_coupon(grant: Grant, share: UndoneShare, before: _TakenBefore, policy: TakeBack) -> GrantEffect:
    nothing = grant.value.like(0)
    if share.is_all and not grant.is_used and before.is_paid:
        return _with_returned(GrantEffect(grant, True, nothing, nothing), before.amount, before.owed)
    due = share.of(grant.value)
    if policy is TakeBack.FORGIVE:
        due = due.at_most(before.amount)
    is_withdrawn, missing = share.is_all and grant.is_used, (due - before.amount).not_below_zero()
    too_much = (before.amount - due).not_below_zero() if before.is_paid else nothing
    before_this = (before.amount - too_much) or None if grant.is_used else None
    effect = GrantEffect(grant, is_withdrawn, nothing, missing, deducted_before=before_this)
    return _with_returned(effect, too_much, before.owed)


def _with_returned(effect: GrantEffect, amount: Money, owed: Money) -> GrantEffect:
    """What is still owed is let go first, the rest is paid."""
    if not amount:
        return effect
    let_go = amount.at_most(owed)
    return replace(effect, returned=amount - let_go, no_longer_owed=let_go)
