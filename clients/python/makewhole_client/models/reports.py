# Written by `make client`; change the document, or the async half, instead.
"""Models: reports."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.orders import DisputeStatus


class DisputeReport(Answer):
    """The disputes that stand at one status in one currency (rule 52)."""

    currency: str
    status: DisputeStatus
    count: int
    amount: int


class ExternalTotal(Answer):
    """What went back elsewhere in one currency (rule 51)."""

    count: int
    amount: int


class GatewayReportLine(Answer):
    """The payouts of one gateway."""

    gateway: str
    payouts: int
    succeeded: int
    undecided: int
    declined: int


class GatewayReport(Answer):
    """Every gateway that had payouts."""

    items: list[GatewayReportLine]


class Rates(Answer):
    """Shares of all refunds of the period; a review that timed out was decided by rule."""

    approved_by_rule: float | None
    approved_by_reviewer: float | None
    rejected: float | None
    cancelled: float | None
    expired: float | None
    completed: float | None


class ResponseReport(Answer):
    """How well `response_target` (rule 30) is kept, as the policy in force says it."""

    target: str
    answered: int
    within_target: int
    overdue: int
    mean_s: float | None
    share: float | None


class Satisfaction(Answer):
    """Feedback on refunds that are over; `mean` of scores from 1 to 5."""

    count: int
    mean: float | None


class StageTimes(Answer):
    """How many came that far, and how many seconds after the request."""

    count: int
    median_s: float | None
    p90_s: float | None


class Times(Answer):
    """`answered` is the first decision or request for evidence."""

    answered: StageTimes
    approved: StageTimes
    received: StageTimes
    inspected: StageTimes
    paid: StageTimes
    completed: StageTimes


class RefundReport(Answer):
    """The refunds requested from `from` on and before `to`; null is open."""

    from_: datetime | None = Field(alias="from")
    to: datetime | None
    refunds: int
    by_status: dict[RefundStatus, int]
    by_reason: dict[Reason, int]
    by_own_reason: dict[str, int]
    external: dict[str, ExternalTotal]
    disputes: list[DisputeReport]
    rates: Rates
    times: Times
    response: ResponseReport
    satisfaction: Satisfaction
