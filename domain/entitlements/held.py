"""What was held between settlement and payout and was spent all the same is owed (rule 42)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.campaigns.campaigns import GrantedReward, RewardTakeBack, Wallet, take_back
from domain.entitlements.grants import Grant, GrantEffect
from domain.money.amounts import Money
from domain.money.point_worth import PointWorth
from domain.policy import TakeBack
from domain.sale.orders import RewardKind
from domain.settlement.deductions import Deduction, DeductionKind


@dataclass(frozen=True, slots=True)
class TakenReward:
    """How a reward is taken back in the end, and the value of what is gone and was not deducted: it is owed."""

    take_back: RewardTakeBack
    owed: Money


def take_rewards(
    rewards: Sequence[GrantedReward], planned: Mapping[int, RewardTakeBack], wallet: Wallet, point_value: PointWorth
) -> tuple[TakenReward, ...]:
    """Take rewards back as they are now, one after the other: no more than was `planned`, nor than the wallet has.

    What was there when the refund was settled and was spent since is owed, and so is what is gone of a reward that
    nobody foresaw: the payout is made, so nothing can be deducted any more (rules 10 and 42).
    """
    taken: list[TakenReward] = []
    for reward in rewards:
        (now,), _ = take_back([reward], wallet, point_value)
        one = (
            _no_more_than(planned[reward.reward_id], now)
            if reward.reward_id in planned
            else TakenReward(now, now.missing)
        )
        credit = one.take_back.taken if reward.kind is RewardKind.STORE_CREDIT else Money.zero(point_value.currency)
        wallet = Wallet(wallet.points - one.take_back.taken_points, wallet.store_credit - credit)
        taken.append(one)
    return tuple(taken)


def _no_more_than(plan: RewardTakeBack, now: RewardTakeBack) -> TakenReward:
    """A coupon whose value was deducted is the customer's, though it may be unused again by now (rule 44)."""
    reward = replace(now.reward, is_spent=plan.reward.is_spent or now.reward.is_spent)
    points = min(plan.taken_points, now.taken_points)
    owed = (now.missing - plan.missing).not_below_zero()
    return TakenReward(RewardTakeBack(reward, plan.taken.at_most(now.taken), points, plan.missing + owed), owed)


def owed_rewards(taken: Sequence[TakenReward]) -> tuple[Deduction, ...]:
    """List what is owed of the rewards that were taken back."""
    return tuple(
        Deduction(DeductionKind.CAMPAIGN_REWARD, each.take_back.reward.campaign_id, each.owed.like(0), each.owed)
        for each in taken
        if each.owed
    )


def take_grant(plan: GrantEffect, known: Sequence[Grant], store_credit: Money, policy: TakeBack) -> GrantEffect:
    """Take back what the order granted as it is `known` now; what was spent of it since is owed (rule 42).

    A coupon that was to be revoked and was used since counts as `granted_coupon_used` says (rule 16).
    """
    now = [each for each in known if (each.name, each.kind) == (plan.grant.name, plan.grant.kind)]
    missing = plan.taken - plan.taken.at_most(store_credit.not_below_zero())
    if missing:
        ended = missing.at_most(_ended_since(plan.grant, now))
        return replace(plan, taken=plan.taken - ended, spent_since=(missing - ended) or None)
    used = [each for each in now if each.is_used]
    if not used or not plan.is_revoked:
        return plan
    value = used[0].value
    return replace(plan, spent_since=value if policy is TakeBack.DEDUCT else value.like(0))


def _ended_since(grant: Grant, now: Sequence[Grant]) -> Money:
    """What of store credit ended unspent while it was held: it is gone, and nobody owes it."""
    nothing = grant.value.like(0)
    gone = now[0].ran_out if now else None
    return (gone or nothing) - (grant.ran_out or nothing)
