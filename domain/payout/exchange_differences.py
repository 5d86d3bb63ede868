"""What an exchange cost by the provider's settlement report, beside the rate of the sale."""

from dataclasses import dataclass

from domain.money.amounts import Money
from domain.payout.settlement_reports import Movement, SettlementLine


@dataclass(frozen=True, slots=True)
class Exchange:
    """A payout in another currency than its order's: what was `paid`, and its `worth` at the rate of the sale."""

    paid: Money
    worth: Money


def exchange_difference(line: SettlementLine, booked: Exchange) -> Money | None:
    """Return what a movement cost the merchant beside what is booked, below zero where that is a gain (rule 53).

    A refund cost what was settled for it, less its worth; one that failed after all its worth, less what came back.
    None: nothing can be said, as it is not settled, is not what we paid, or was settled in a third currency.
    """
    if line.settled is None or not line.is_settled or line.amount != booked.paid:
        return None
    if line.settled.currency != booked.worth.currency:
        return None
    is_back = line.movement is Movement.REFUND_FAILED
    return booked.worth - line.settled if is_back else line.settled - booked.worth
