"""What a customer gets on top for choosing store credit (rule 54)."""

from collections.abc import Sequence

from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.payout.tenders import Tender
from domain.policy import Policy
from domain.settlement.settlement import Terms

_WHOLE_BP = 10_000


def bonus_rate_bp(terms: Terms, policy: Policy) -> int:
    """Return the rate in basis points: the one that the customer was quoted when they chose, else today's.

    The receiver of a gift has no choice, and gets nothing on top (rule 56).
    """
    if terms.beneficiary is not None:
        return 0
    return policy.store_credit_bonus_bp if terms.agreed_bonus_bp is None else terms.agreed_bonus_bp


def credited(payouts: Sequence[Tender], currency: str) -> Money:
    """Return what of a payout becomes credit because the customer chose it; what goes back to itself is none."""
    return Money.total((each.amount for each in payouts if each.goes_to is RefundTo.STORE_CREDIT), currency)


def bonus_on(amount: Money, rate_bp: int) -> Money | None:
    """Return what is given on top, floored, so that parts never come to more than the whole; None: nothing."""
    bonus = amount.like(amount.minor_units * rate_bp // _WHOLE_BP)
    return bonus if bonus else None
