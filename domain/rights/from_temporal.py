"""How much may be approved by a signal: whoever has a key to Temporal sends one, under whatever name (rule 33)."""

from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.policy import Policy, amount_in

_PERSON = "person:"


def why_not_by_signal(policy: Policy, amount: Money, so_far: Money, asked_by: str | None = None) -> str | None:
    """Say in a sentence why nobody at Temporal may approve so much; None where they may.

    so_far: what else of the order was approved by signals. asked_by: who asked for the refund; where that is a person,
    whoever approves without a name may be just them.
    """
    rule, currency = policy.approval_from_temporal, amount.currency
    if not rule.allowed:
        return "the policy lets nobody approve by signal (`approval_from_temporal`)"
    if asked_by is not None and asked_by.startswith(_PERSON):
        return "one of the staff has asked for it, and who approves at Temporal has no name: approve it over HTTP"
    most = amount_in(rule.up_to, currency)
    if most is None:
        return f"the policy names no amount in {currency} that may be approved by signal (`approval_from_temporal`)"
    if (amount + so_far).exceeds(Money(currency, most)):
        all_of_it, up_to = format_money(amount + so_far), format_money(Money(currency, most))
        return f"{all_of_it} of the order would be approved by signal, and the policy allows {up_to}"
    return None
