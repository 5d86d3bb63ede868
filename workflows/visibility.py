"""What operations see of a refund in the Temporal UI: search attributes and details in plain words."""

from datetime import datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.deadlines import spoken_deadline
from domain.messages import spoken
from domain.reasons import RefundStatus
from workflows.messages import StartRefund

MERCHANT_ID = SearchAttributeKey.for_keyword("MerchantId")
ORDER_ID = SearchAttributeKey.for_keyword("OrderId")
REFUND_STATUS = SearchAttributeKey.for_keyword("RefundStatus")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
AMOUNT_MINOR = SearchAttributeKey.for_int("AmountMinor")
RISK_SCORE = SearchAttributeKey.for_int("RiskScore")

SEARCH_ATTRIBUTES = (MERCHANT_ID, ORDER_ID, REFUND_STATUS, NEEDS_ATTENTION, AMOUNT_MINOR, RISK_SCORE)


def at_start(start: StartRefund) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(MERCHANT_ID, start.refund.merchant_id),
            SearchAttributePair(ORDER_ID, start.order_id),
            SearchAttributePair(REFUND_STATUS, RefundStatus.IN_REVIEW),
            SearchAttributePair(NEEDS_ATTENTION, False),
            SearchAttributePair(AMOUNT_MINOR, start.total.minor_units),
            SearchAttributePair(RISK_SCORE, 0),
        ]
    )


def summary(start: StartRefund) -> str:
    units = sum(quantity for _, quantity in start.lines)
    return f"{start.reason}: {units} unit(s) of order {start.order_id}, {spoken(start.total)}"


class Story:
    """Tells what happened, what is awaited, until when, and what to do; the UI shows it as Markdown."""

    def __init__(self) -> None:
        self._happened: list[str] = []

    def happened(self, what: str) -> None:
        self._happened.append(f"- {workflow.now():%Y-%m-%d %H:%M:%S} {what}")
        self.awaits("the next step", None, "nothing: it goes on by itself")

    def awaits(self, what: str, until: datetime | None, to_do: str) -> None:
        deadline = spoken_deadline(until) if until else "it is done"
        now = f"**Waits for** {what}\n\n**Until** {deadline}\n\n**What to do:** {to_do}"
        workflow.set_current_details(now + "\n\n**So far**\n\n" + "\n".join(self._happened[-40:]))
