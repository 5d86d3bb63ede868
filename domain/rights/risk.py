"""How risky a refund looks, from 0 to 100, with the reasons (rule 34)."""

from dataclasses import dataclass, field
from datetime import timedelta

HIGH_RISK = 70
"""From here on a reviewer decides, whatever the policy says."""

_NEW_ACCOUNT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What is known of the customer when they ask; amounts in minor units of the order's currency.

    `refunds_7d` and `refunds_90d` count earlier requests, `usual_amount` is the mean paid order (0: none before),
    `account_age` is None where the merchant did not say since when the customer is registered, `other_accounts` are
    the merchant's other customers who paid with what this order was paid with. `given_before` are the reasons of the
    requests in `refunds_90d`, the merchant's own by their ids (rule 55). `same_picture_in` are earlier refunds of other
    orders, whosever, that showed one of the pictures of this one.
    """

    refunds_7d: int
    refunds_90d: int
    orders: int
    orders_refunded: int
    amount: int
    usual_amount: int
    rejected_inspections: int
    account_age: timedelta | None
    other_accounts: int = 0
    given_before: dict[str, int] = field(default_factory=dict)
    same_picture_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskReason:
    code: str
    points: int
    message: str


@dataclass(frozen=True, slots=True)
class Risk:
    """`given_before` says how often the customer gave which reason in the 90 days before; no points come of it.

    `facts` are what it was worked out from; None where it was stored before they were kept.
    """

    score: int
    reasons: tuple[RiskReason, ...]
    given_before: dict[str, int] = field(default_factory=dict)
    facts: RiskFacts | None = None


def assess(facts: RiskFacts) -> Risk:
    """Add up what speaks against the refund; every point has a reason that a reviewer can read (rule 34)."""
    reasons = [reason for reason in _all_reasons(facts) if reason.points > 0]
    return Risk(min(sum(reason.points for reason in reasons), 100), tuple(reasons), facts.given_before, facts)


def _all_reasons(facts: RiskFacts) -> list[RiskReason]:
    return [
        RiskReason("refunds_7d", _over(facts.refunds_7d, 3, 10, 40), f"{facts.refunds_7d} refunds in 7 days"),
        RiskReason("refunds_90d", _over(facts.refunds_90d, 6, 5, 30), f"{facts.refunds_90d} refunds in 90 days"),
        RiskReason(
            "share_refunded",
            15 if facts.orders >= 4 and 2 * facts.orders_refunded > facts.orders else 0,
            f"{facts.orders_refunded} of {facts.orders} orders refunded",
        ),
        RiskReason(
            "unusual_amount",
            10 if facts.usual_amount and facts.amount > 5 * facts.usual_amount else 0,
            f"{facts.amount // max(facts.usual_amount, 1)} times what their orders come to on average",
        ),
        RiskReason(
            "rejected_inspections",
            min(25 * facts.rejected_inspections, 75),
            f"{facts.rejected_inspections} returns rejected at inspection",
        ),
        RiskReason(
            "new_account",
            5 if facts.account_age is not None and facts.account_age < _NEW_ACCOUNT else 0,
            "account younger than 7 days",
        ),
        RiskReason(
            "shared_payment",
            min(15 * facts.other_accounts, 45),
            f"{facts.other_accounts} other customers paid with the same card or wallet",
        ),
        RiskReason(
            "same_picture",
            min(40 * len(facts.same_picture_in), 60),
            f"a picture of it was shown before: {', '.join(facts.same_picture_in)}",
        ),
    ]


def _over(count: int, usual: int, points_each: int, most: int) -> int:
    return min(max(count - usual, 0) * points_each, most)
