# Written by `make client`; change the document, or the async half, instead.
"""Models: reports."""

from datetime import date, datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Word
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.orders import DisputeStatus, PaymentMethod
from makewhole_client.models.policy import RefundTo


class CouponOutcome(Word):
    """`kept`: not given back yet."""

    REINSTATED = "reinstated"
    RESIDUAL = "residual"
    KEPT = "kept"
    REVOKED = "revoked"
    VALUE_DEDUCTED = "value_deducted"


class DisputeReport(Answer):
    """The disputes that stand at one status in one currency (rule 52)."""

    currency: str
    status: DisputeStatus
    count: int
    amount: int


class EntitlementReport(Answer):
    """What became of the entitlements of the refunds that completed in a time."""

    from_: datetime = Field(alias="from")
    to: datetime
    refunds: int
    points_restored: int
    points_clawed_back: int
    coupons: dict[CouponOutcome, int]
    gifts: dict[str, int]
    exclusive_discounts: dict[str, int]
    campaigns_restored: int
    campaigns_left: int


class Every(Word):
    """How long one step of a series is: it begins with the day, on a Monday, or with the month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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


class MoneyMoved(Answer):
    """What was paid out on one day, in one way and one currency, in minor units."""

    day: date
    method: PaymentMethod
    went_to: RefundTo
    currency: str
    payouts: int
    amount: int
    tax: int
    net: int


class MoneyReport(Answer):
    """What makewhole paid out in a time; what went back elsewhere is in `external` of `reportRefunds`."""

    from_: datetime = Field(alias="from")
    to: datetime
    time_zone: str
    items: list[MoneyMoved]


class WaitedFor(Word):
    """The parts of a refund's way."""

    DECISION = "decision"
    PARCEL = "parcel"
    INSPECTION = "inspection"
    MONEY = "money"
    ENTITLEMENTS = "entitlements"


class OpinionTopic(Answer):
    """Opinions of refunds with one reason whose customers waited longest for the same."""

    reason: Reason
    waited_for: WaitedFor
    opinions: int
    mean_score: float | None
    opinions_before: int
    mean_score_before: float | None


class SaidOpinion(Answer):
    """One opinion with its words."""

    refund_id: str
    reason: Reason
    waited_for: WaitedFor
    score: int
    comment: str
    at: datetime


class OpinionReport(Answer):
    """What customers say of the refunds requested in a time, and what has changed since the time before."""

    from_: datetime = Field(alias="from")
    to: datetime
    topics: list[OpinionTopic]
    comments: list[SaidOpinion]


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


class StageMedians(Answer):
    """Seconds after the request until half of those that came so far had; null where none has."""

    answered: float | None
    approved: float | None
    received: float | None
    inspected: float | None
    paid: float | None
    completed: float | None


class TrendStep(Answer):
    """One day, week or month: the refunds requested in it, and the orders paid in it."""

    begins: date
    refunds: int
    orders: int
    refund_rate: float | None
    median_s: StageMedians
    opinions: int
    mean_score: float | None


class TrendReport(Answer):
    """How refunds went, step by step; a step in which nothing happened is left out."""

    from_: datetime = Field(alias="from")
    to: datetime
    every: Every
    time_zone: str
    items: list[TrendStep]
