"""How much may be approved by a signal: whoever has a key to Temporal sends one, under whatever name (rule 33)."""

from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.policy import Policy, amount_in


def why_not_by_signal(policy: Policy, amount: Money, so_far: Money) -> str | None:
    """Say in a sentence why a signal may not approve so much; None where it may.

    so_far: what else of the order was approved by signals.
    """
    rule, currency = policy.approval_from_temporal, amount.currency
    if not rule.allowed:
        return "the policy lets nobody approve by signal (`approval_from_temporal`)"
    most = amount_in(rule.up_to, currency)
    if most is None:
        return f"the policy names no amount in {currency} that may be approved by signal (`approval_from_temporal`)"
    if (amount + so_far).exceeds(Money(currency, most)):
        all_of_it, up_to = format_money(amount + so_far), format_money(Money(currency, most))
        return f"{all_of_it} of the order would be approved by signal, and the policy allows {up_to}"
    return None
