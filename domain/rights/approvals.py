"""How many people have to approve a refund, and who may: four eyes, and a ladder of amounts (rules 33 and 54)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy, amount_in


@dataclass(frozen=True, slots=True)
class Approval:
    """One reviewer's word that a refund may go on; `key_id` is who said it: a person, or an API key that names none."""

    key_id: str
    by: str
    note: str = ""


def approvals_needed(refund_to: RefundTo, policy: Policy, comes_to: Money, others: Money) -> int:
    """Say how many different people have to approve.

    Two see what leaves for an account that was named, and what takes the order over the policy's `second_review_above`
    together with its `others`: parts are judged like the whole. So is a currency that the policy's map lacks.
    """
    if refund_to is RefundTo.BANK_TRANSFER:
        return 2
    if policy.second_review_above is None:
        return 1
    most = amount_in(policy.second_review_above, comes_to.currency)
    return 2 if most is None or (comes_to + others).exceeds(comes_to.like(most)) else 1


def why_not_theirs(
    asked_by: str | None, policy: Policy, by: str, person: str, role: str, of_order: Money
) -> str | None:
    """Say in a sentence why this reviewer may not approve a refund, with which its order gets so much; else None.

    Nobody approves what they have asked for, nor more than the policy's `review_limits` say: of the person, else of the
    role; who is not named there has no limit.
    """
    if asked_by is not None and asked_by == by:
        return "you have asked for this refund: somebody else has to approve it"
    limits = policy.review_limits
    limit = limits.get(person, limits.get(role)) if person else limits.get(role)
    if limit is None:
        return None
    most = amount_in(limit, of_order.currency)
    if most is None:
        return f"the policy names no amount in {of_order.currency} that you may approve (`review_limits`)"
    if of_order.exceeds(of_order.like(most)):
        all_of_it, up_to = format_money(of_order), format_money(of_order.like(most))
        return f"the order would have {all_of_it} with it, and you may approve {up_to} of an order (`review_limits`)"
    return None


def why_not_counted(key_id: str, before: Sequence[Approval], needed: int) -> str | None:
    """Say in a sentence why an approval does not count beside those before; None where it does.

    What has no key, as a signal, names nobody: whoever says it could be who approved before.
    """
    if needed == 1:
        return None
    if not key_id:
        return f"this refund needs approvals by {needed} different people: approve it over HTTP"
    if any(each.key_id == key_id for each in before):
        return f"you have approved it already: it needs approvals by {needed} different people, each with an API key"
    return None
