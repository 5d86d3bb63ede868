"""A customer's tier, computed from what they bought and did not give back (rule 28)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.campaigns.campaigns import Purchase
from domain.durations import span
from domain.money.amounts import Money
from domain.policy import Policy, Tier, amount_in


@dataclass(frozen=True, slots=True)
class TierEffect:
    """The tier before and after a refund; None is no tier.

    `becomes` is the tier the customer falls to at `falls_at`, where the policy's grace delays that.
    """

    before: str | None
    after: str | None
    becomes: str | None
    falls_at: datetime | None


def tier_effect(
    policy: Policy,
    before_refund: Sequence[Purchase],
    after_refund: Sequence[Purchase],
    currency: str,
    refunded_at: datetime,
) -> TierEffect | None:
    """Compare the tier with and without a refund at `refunded_at` (rule 28); None where the policy has no tiers."""
    if not policy.tiers:
        return None
    before = tier_at(policy, before_refund, currency, refunded_at)
    after = tier_at(policy, after_refund, currency, refunded_at)
    falls_at = refunded_at + span(policy.tier_grace)
    becomes = tier_at(policy, after_refund, currency, falls_at)
    if becomes == after:
        return TierEffect(before, after, None, None)
    return TierEffect(before, after, becomes, falls_at)


def tier_at(policy: Policy, purchases: Sequence[Purchase], currency: str, moment: datetime) -> str | None:
    """Return the tier a customer holds at a moment: the highest earned in the grace before it (rule 28)."""
    since = moment - span(policy.tier_grace)
    bought_since = [each.paid_at for each in purchases if since < each.paid_at <= moment]
    earned = (_spend(purchases, currency, span(policy.tier_window), at) for at in {since, moment, *bought_since})
    return _tier_for(max(earned, key=lambda spend: spend.minor_units), policy.tiers)


def net_spend(policy: Policy, purchases: Sequence[Purchase], currency: str, moment: datetime) -> Money:
    """Return what counts towards the tier at a moment: what was paid for goods in the window, less refunds."""
    return _spend(purchases, currency, span(policy.tier_window), moment)


def _spend(purchases: Iterable[Purchase], currency: str, window: timedelta, at: datetime) -> Money:
    counted = (
        each.spend_at(at)
        for each in purchases
        if each.goods_paid.currency == currency and at - window <= each.paid_at <= at
    )
    return Money.total(counted, currency)


def _tier_for(spend: Money, tiers: Sequence[Tier]) -> str | None:
    known = ((amount_in(tier.minimum_spend, spend.currency), tier.name) for tier in tiers)
    held = [(minimum, name) for minimum, name in known if minimum is not None and spend.minor_units >= minimum]
    return max(held, key=lambda each: each[0])[1] if held else None
