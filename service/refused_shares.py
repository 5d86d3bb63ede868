"""Requests that are refused for where their money would go: what nobody would pay is not asked for."""

from collections.abc import Sequence

from domain.payout.choice import RefundTo
from domain.policy import DeclinedTender
from domain.refusals import RefundRejected, Refusal
from domain.sale.disputes import Dispute, held_payments
from domain.settlement.settlement import Settlement


def refuse_disputed(disputes: Sequence[Dispute], settlement: Settlement) -> None:
    """A refund of which every share would go to a disputed payment is refused: the bank decides (rules 6 and 46)."""
    held = held_payments(disputes)
    named = {each.payment.payment_id for each in settlement.payouts}
    if named and named <= held:
        raise RefundRejected(
            Refusal.PAYMENT_DISPUTED,
            f"all of it would go to what is disputed at the bank: {', '.join(sorted(named))}",
        )


def refuse_barred(settlement: Settlement) -> None:
    """A refund that no provider would pay back, and that nothing is given for instead, is refused by their rules.

    Where a part of it goes through, that is paid, and people see to the rest (rule 11).
    """
    held = [each for each in settlement.payouts if each.barred and each.barred.instead is DeclinedTender.HOLD]
    if held and len(held) == len(settlement.payouts):
        rules = "; ".join(f"{each.payment.payment_id}: {each.barred.in_words}" for each in held if each.barred)
        raise RefundRejected(
            Refusal.PROVIDER_LIMIT,
            f"{rules}. Ask with another refund_to, where the policy allows one, or pay it back elsewhere and note that "
            "as an external refund; with declined_tender store_credit it would become credit",
        )


def refuse_to_transfer_nothing(refund_to: RefundTo, settlement: Settlement) -> None:
    """What was paid by gift card or store credit never becomes money (rules 11 and 54)."""
    if refund_to is RefundTo.BANK_TRANSFER and not any(each.goes_to is refund_to for each in settlement.payouts):
        raise RefundRejected(
            Refusal.REFUND_TO_NOT_ALLOWED,
            "nothing of it was paid with money that could go to a bank account: leave refund_to out, it goes back to "
            "where it came from",
        )
