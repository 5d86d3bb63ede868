"""How many reviewers have to approve a refund, each with a key of their own (rule 54)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.payout.choice import RefundTo


@dataclass(frozen=True, slots=True)
class Approval:
    """One reviewer's word that a refund may go on; `key_id` is the API key that they said it with."""

    key_id: str
    by: str
    note: str = ""


def approvals_needed(refund_to: RefundTo) -> int:
    """Say how many different keys have to approve: money that leaves for an account that was named is seen by two."""
    return 2 if refund_to is RefundTo.BANK_TRANSFER else 1


def why_not_counted(key_id: str, before: Sequence[Approval], needed: int) -> str | None:
    """Say in a sentence why an approval does not count beside those before; None where it does.

    What has no key, as a signal, names nobody: whoever says it could be who approved before.
    """
    if needed == 1:
        return None
    if not key_id:
        return f"this refund needs approvals by {needed} different API keys: approve it over HTTP"
    if any(each.key_id == key_id for each in before):
        return f"this key has approved it already: it needs approvals by {needed} different API keys"
    return None
