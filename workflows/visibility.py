"""What operations see of a refund in the Temporal UI: search attributes and details in plain words."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from domain.deadlines import format_deadline
from domain.explain.messages import format_money
from domain.sale.measures import in_words
from workflows.contract import StartRefund, shortened
from workflows.merchant_time import MerchantTime

MERCHANT_ID = SearchAttributeKey.for_keyword("MerchantId")
ORDER_ID = SearchAttributeKey.for_keyword("OrderId")
REFUND_STATUS = SearchAttributeKey.for_keyword("RefundStatus")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
AMOUNT_MINOR = SearchAttributeKey.for_int("AmountMinor")
RISK_SCORE = SearchAttributeKey.for_int("RiskScore")
WAITING_FOR = SearchAttributeKey.for_keyword("WaitingFor")

SEARCH_ATTRIBUTES = (MERCHANT_ID, ORDER_ID, REFUND_STATUS, NEEDS_ATTENTION, AMOUNT_MINOR, RISK_SCORE, WAITING_FOR)

_LONGEST_KEYWORD = 200


class WaitsFor(StrEnum):
    """What `WaitingFor` says; for operations it goes on with the step and the reason."""

    NOTHING = ""
    REVIEWER = "reviewer"
    PARCEL = "parcel"
    WAREHOUSE = "warehouse"
    INSPECTION = "inspection"
    PROVIDER = "provider"
    BALANCE = "balance"
    OPERATIONS = "operations"


def at_start(start: StartRefund, status: str, risk_score: int) -> TypedSearchAttributes:
    """Say where the refund stands when a run of it begins; it need not be the first."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(MERCHANT_ID, start.refund.merchant_id),
            SearchAttributePair(ORDER_ID, start.order_id),
            SearchAttributePair(REFUND_STATUS, status),
            SearchAttributePair(NEEDS_ATTENTION, False),
            SearchAttributePair(AMOUNT_MINOR, start.total.minor_units),
            SearchAttributePair(RISK_SCORE, risk_score),
        ]
    )


def summary(start: StartRefund) -> str:
    return shortened(f"{start.reason}: {format_money(start.total)}, {_goods(start)} of order {start.order_id}")


def _goods(start: StartRefund) -> str:
    """How much is asked for: whole units together, and each line that is measured by itself."""
    measures = dict(start.measures)
    units = sum(quantity for line_id, quantity in start.lines if line_id not in measures)
    measured = [in_words(count, measures[line_id]) for line_id, count in start.lines if line_id in measures]
    return ", ".join([*([f"{units} unit(s)"] if units or not measured else []), *measured])


class Progress:
    """Tells what happened, what is awaited, until when, and what to do; the UI shows it as Markdown.

    What lists show stands in search attributes. Each change of them is billed, so those of one task are made in one, at
    its end: before the refund waits, and when it is over.
    """

    def __init__(self, time: MerchantTime) -> None:
        self._time = time
        self._log: list[str] = []
        self._now = ""
        self._to_show: dict[SearchAttributeKey[Any], Any] = {}
        self._shown: dict[SearchAttributeKey[Any], Any] = {}

    def log(self, what: str) -> None:
        self._add(what)
        self._tell("the next step", None, "nothing: it goes on by itself")

    def remark(self, what: str) -> None:
        """Tell of something that changes nothing: what is awaited is awaited still."""
        self._add(what)
        self._show()

    def waiting_for(self, what: str, until: datetime | None, to_do: str, waits_for: WaitsFor) -> None:
        self._tell(what, until, to_do)
        self._to_show[WAITING_FOR] = waits_for

    def waiting_for_help(self, step: str, to_do: str) -> None:
        self._tell(f"a person, at step `{step}`", None, to_do)

    def enter(self, status: str, *, needs_attention: bool, waits_for: str = WaitsFor.NOTHING) -> None:
        """Note where the refund stands, and what it waits for."""
        self._to_show[REFUND_STATUS] = status
        self._to_show[NEEDS_ATTENTION] = needs_attention
        self._to_show[WAITING_FOR] = waits_for.encode()[:_LONGEST_KEYWORD].decode(errors="ignore")

    def judge(self, risk_score: int) -> None:
        self._to_show[RISK_SCORE] = risk_score

    def show(self) -> None:
        """Let lists show what has changed since the last time."""
        changed = {key: value for key, value in self._to_show.items() if self._shown.get(key) != value}
        if changed:
            workflow.upsert_search_attributes([_update(key, value) for key, value in changed.items()])
            self._shown |= changed

    def _add(self, what: str) -> None:
        self._log.append(f"- {self._time.now():%Y-%m-%d %H:%M:%S} {what}")

    def _tell(self, what: str, until: datetime | None, to_do: str) -> None:
        deadline = format_deadline(until) if until else "it is done"
        self._now = f"**Waits for** {what}\n\n**Until** {deadline}\n\n**What to do:** {to_do}"
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(self._now + "\n\n**So far**\n\n" + "\n".join(self._log[-40:]))


def _update(key: SearchAttributeKey[Any], value: Any) -> SearchAttributeUpdate[Any]:
    return key.value_unset() if value == WaitsFor.NOTHING else key.value_set(value)
