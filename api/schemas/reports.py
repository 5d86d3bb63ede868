"""Reports for operations and finance. Shares are from 0 to 1 and null where there is nothing to share."""

from pydantic import Field

from api.schemas.common import Duration, Time, Wire
from domain.reasons import Reason, RefundStatus


class Rates(Wire):
    """Shares of all refunds of the period; a review that timed out was decided by rule."""

    approved_by_rule: float | None
    approved_by_reviewer: float | None
    rejected: float | None
    cancelled: float | None
    expired: float | None
    completed: float | None


class StageTimes(Wire):
    """How many came that far, and how many seconds after the request."""

    count: int
    median_s: float | None
    p90_s: float | None


class Times(Wire):
    """`answered` is the first decision or request for evidence."""

    answered: StageTimes
    approved: StageTimes
    received: StageTimes
    inspected: StageTimes
    paid: StageTimes
    completed: StageTimes


class ResponseReport(Wire):
    """How well `response_target` (rule 30) is kept, as the policy in force says it.

    `overdue` refunds are open and have waited for an answer longer than the target; `share` is `within_target` of
    those answered and those overdue.
    """

    target: Duration
    answered: int
    within_target: int
    overdue: int
    share: float | None


class Satisfaction(Wire):
    """Feedback on refunds that are over; `mean` of scores from 1 to 5."""

    count: int
    mean: float | None


class RefundReport(Wire):
    """The refunds requested from `from` on and before `to`; null is open."""

    start: Time | None = Field(alias="from")
    end: Time | None = Field(alias="to")
    refunds: int
    by_status: dict[RefundStatus, int]
    by_reason: dict[Reason, int]
    rates: Rates
    times: Times
    response: ResponseReport
    satisfaction: Satisfaction
