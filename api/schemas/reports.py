"""Reports for operations and finance. Shares are from 0 to 1 and null where there is nothing to share."""

from pydantic import Field

from api.schemas.common import Duration, Time, Wire
from domain.claims.reasons import Reason
from domain.lifecycle import RefundStatus
from domain.sale.disputes import DisputeStatus


class Rates(Wire):
    """Shares of all refunds of the period; a review that timed out was decided by rule."""

    approved_by_rule: float | None = Field(description="Share approved without a person.")
    approved_by_reviewer: float | None = Field(description="Share approved by a reviewer.")
    rejected: float | None = Field(description="Share rejected.")
    cancelled: float | None = Field(description="Share cancelled.")
    expired: float | None = Field(description="Share whose goods were never sent.")
    completed: float | None = Field(description="Share completed.")


class StageTimes(Wire):
    """How many came that far, and how many seconds after the request."""

    count: int = Field(description="How many came that far.")
    median_s: float | None = Field(description="Seconds after the request, the median; null if none did.")
    p90_s: float | None = Field(description="Seconds after the request within which nine of ten did; null if none did.")


class Times(Wire):
    """`answered` is the first decision or request for evidence."""

    answered: StageTimes = Field(description="The first decision or request for evidence.")
    approved: StageTimes = Field(description="The approval.")
    received: StageTimes = Field(description="The parcel's arrival.")
    inspected: StageTimes = Field(description="The end of the inspection.")
    paid: StageTimes = Field(description="The last payout.")
    completed: StageTimes = Field(description="The end of the refund.")


class ResponseReport(Wire):
    """How well `response_target` (rule 30) is kept, as the policy in force says it.

    `overdue` refunds are open and have waited for an answer longer than the target; `share` is `within_target` of
    those answered and those overdue.
    """

    target: Duration = Field(description="The policy's `response_target`, as ISO 8601.")
    answered: int = Field(description="How many were answered.")
    within_target: int = Field(description="How many of them in time.")
    overdue: int = Field(description="How many are open and have waited too long already.")
    mean_s: float | None = Field(description="Seconds until the answer, on average; null if none was answered.")
    share: float | None = Field(
        description=("`within_target` of those answered and those overdue, from 0 to 1; null if there are none.")
    )


class Satisfaction(Wire):
    """Feedback on refunds that are over; `mean` of scores from 1 to 5."""

    count: int = Field(description="How many gave feedback.")
    mean: float | None = Field(description="The mean of their scores, from 1 to 5; null if none did.")


class ExternalTotal(Wire):
    """What went back elsewhere in one currency (rule 51)."""

    count: int = Field(description="How many refunds.")
    amount: int = Field(description="What they come to, in minor units of the currency.")


class DisputeReport(Wire):
    """The disputes that stand at one status in one currency (rule 52)."""

    currency: str = Field(description="The ISO 4217 currency.")
    status: DisputeStatus = Field(description="What the bank said last.")
    count: int = Field(description="How many disputes.")
    amount: int = Field(description="What they come to, in minor units of the currency.")


class RefundReport(Wire):
    """The refunds requested from `from` on and before `to`; null is open."""

    start: Time | None = Field(alias="from", description="The begin of the period, itself included; null is open.")
    end: Time | None = Field(alias="to", description="The end of the period, itself left out; null is open.")
    refunds: int = Field(description="How many were requested.")
    by_status: dict[RefundStatus, int] = Field(description="How many stand where now.")
    by_reason: dict[Reason, int] = Field(description="How many were asked for why, by what their reason stands for.")
    by_own_reason: dict[str, int] = Field(
        description="How many gave which of the merchant's own reasons, for all of it or for a line; a refund counts "
        "under each that it gave."
    )
    external: dict[str, ExternalTotal] = Field(
        description="Those whose money went back elsewhere, by the day it did: by currency (rule 51)."
    )
    disputes: list[DisputeReport] = Field(
        description="Disputes of which the bank said something last in the period, by currency and status (rule 52)."
    )
    rates: Rates = Field(description="Shares of what became of them.")
    times: Times = Field(description="How long it took them.")
    response: ResponseReport = Field(description="How fast customers were answered.")
    satisfaction: Satisfaction = Field(description="How content customers were.")
