"""What the order itself granted goes back with it: coupons and store credit (rule 16)."""

from dataclasses import dataclass

from domain.coupons import CouponEffect, CouponOutcome
from domain.deductions import DeductionKind, Missing
from domain.money import Money
from domain.orders import RewardKind
from domain.policy import TakeBack


@dataclass(frozen=True, slots=True)
class Grant:
    """A coupon or store credit that the order granted and that was not taken back before.

    `name` is the coupon's id, or names the credit within its order; `value` is what a used coupon took off, or the
    amount of credit.
    """

    name: str
    kind: RewardKind
    value: Money
    is_used: bool

    @property
    def is_coupon(self) -> bool:
        return self.kind is RewardKind.COUPON


@dataclass(frozen=True, slots=True)
class GrantEffect:
    """How a grant is taken back: `taken` from what is still there, `missing` deducted; both zero while it stays."""

    grant: Grant
    is_withdrawn: bool
    taken: Money
    missing: Money


def take_grants_back(
    grants: tuple[Grant, ...], *, order_is_returned: bool, store_credit: Money, policy: TakeBack
) -> tuple[tuple[GrantEffect, ...], Money]:
    """Take back what the order granted once all of it is returned (rule 16); return the effects and the credit left.

    An unused coupon is revoked; the value of a used one is deducted, unless the policy forgives it. Store credit is
    debited as far as it is there, and the rest is deducted.
    """
    effects: list[GrantEffect] = []
    for grant in grants:
        effect = _effect(grant, store_credit, policy) if order_is_returned else _stays(grant)
        if grant.kind is RewardKind.STORE_CREDIT:
            store_credit -= effect.taken
        effects.append(effect)
    return tuple(effects), store_credit


def _stays(grant: Grant) -> GrantEffect:
    return GrantEffect(grant, False, grant.value.like(0), grant.value.like(0))


def _effect(grant: Grant, store_credit: Money, policy: TakeBack) -> GrantEffect:
    nothing = grant.value.like(0)
    if grant.kind is RewardKind.STORE_CREDIT:
        taken = grant.value.at_most(store_credit.not_below_zero())
        return GrantEffect(grant, True, taken, grant.value - taken)
    if not grant.is_used:
        return GrantEffect(grant, True, nothing, nothing)
    return GrantEffect(grant, True, nothing, nothing if policy is TakeBack.FORGIVE else grant.value)


def as_coupon(effect: GrantEffect) -> CouponEffect:
    """Show what became of a granted coupon."""
    outcome = CouponOutcome.KEPT
    if effect.is_withdrawn and not effect.grant.is_used:
        outcome = CouponOutcome.REVOKED
    elif effect.missing:
        outcome = CouponOutcome.VALUE_DEDUCTED
    return CouponEffect(effect.grant.name, outcome, effect.missing)


def missing_grants(effects: tuple[GrantEffect, ...]) -> list[Missing]:
    kinds = {RewardKind.COUPON: DeductionKind.GRANTED_COUPON, RewardKind.STORE_CREDIT: DeductionKind.GRANTED_CREDIT}
    return [Missing(kinds[each.grant.kind], each.grant.name, each.missing) for each in effects]
