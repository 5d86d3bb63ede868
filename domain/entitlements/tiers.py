"""A customer's tier, computed from what they bought and did not give back (rule 28)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.campaigns.campaigns import Purchase
from domain.campaigns.tallies import SpendAt
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
    others: Sequence[SpendAt],
    currency: str,
    refunded_at: datetime,
) -> TierEffect | None:
    """Compare the tier with and without a refund at `refunded_at` (rule 28); None where the policy has no tiers.

    `others` are orders that are not listed, as `others_for_tier` says it under the same policy.
    """
    if not policy.tiers:
        return None
    before = tier_at(policy, before_refund, currency, refunded_at, others)
    after = tier_at(policy, after_refund, currency, refunded_at, others)
    falls_at = refunded_at + span(policy.tier_grace)
    becomes = tier_at(policy, after_refund, currency, falls_at, others)
    if becomes == after:
        return TierEffect(before, after, None, None)
    return TierEffect(before, after, becomes, falls_at)


def tier_at(
    policy: Policy, purchases: Sequence[Purchase], currency: str, moment: datetime, others: Sequence[SpendAt] = ()
) -> str | None:
    """Return the tier a customer holds at a moment: the highest earned in the grace before it (rule 28)."""
    since, window = moment - span(policy.tier_grace), span(policy.tier_window)
    of_others = {each.at: each.spend for each in others}
    bought_at = (*(each.paid_at for each in purchases), *of_others)
    moments = {since, moment, *(at for at in bought_at if since < at <= moment)}
    earned = (_spend(purchases, currency, window, at) + of_others.get(at, Money.zero(currency)) for at in moments)
    return _tier_for(max(earned, key=lambda spend: spend.minor_units), policy.tiers)


def counts_since(policy: Policy, moment: datetime) -> datetime:
    """Return since when orders count towards the tier that a customer holds at a moment."""
    return moment - span(policy.tier_grace) - span(policy.tier_window)


def others_for_tier(
    policy: Policy,
    purchases: Sequence[Purchase],
    listed: Sequence[Purchase],
    currency: str,
    refunded_at: datetime,
) -> tuple[SpendAt, ...]:
    """Sum up what counts of purchases, at each moment that the tier of a refund at `refunded_at` depends on (rule 28).

    These are the ends of its grace, and when something was paid within it, also by the orders that are `listed`.
    """
    grace, window = span(policy.tier_grace), span(policy.tier_window)
    since, until = refunded_at - grace, refunded_at + grace
    paid_at = (each.paid_at for each in (*purchases, *listed))
    moments = sorted({since, refunded_at, until, *(at for at in paid_at if since < at <= until)})
    return tuple(_spends(purchases, currency, window, moments))


def _spends(
    purchases: Sequence[Purchase], currency: str, window: timedelta, moments: Sequence[datetime]
) -> Iterator[SpendAt]:
    """Say what `_spend` says for many moments in their order, but look at each purchase once."""
    moves = sorted(move for each in purchases if each.goods_paid.currency == currency for move in _moves(each, window))
    spend, place = 0, 0
    for at in moments:
        while place < len(moves) and moves[place][:2] <= (at, _AT_ONCE):
            spend += moves[place][2]
            place += 1
        yield SpendAt(at, Money(currency, spend))


_AT_ONCE, _JUST_AFTER = 0, 1


def _moves(purchase: Purchase, window: timedelta) -> Iterator[tuple[datetime, int, int]]:
    """Tell when a purchase changes the spend, at once or just after that moment, and by how many minor units."""
    left, end = purchase.goods_paid.minor_units, purchase.paid_at + window
    yield purchase.paid_at, _AT_ONCE, left
    for refund in purchase.refunds:
        counts_from = max(refund.at, purchase.paid_at)
        if counts_from <= end:
            yield counts_from, _AT_ONCE, -refund.amount.minor_units
            left -= refund.amount.minor_units
    yield end, _JUST_AFTER, -left


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
