"""Reports over time, in money, in entitlements and in words."""

from datetime import date

from pydantic import Field

from api.schemas.common import Time, Wire
from db.report_series import Every
from domain.claims.reasons import Reason
from domain.entitlements.coupons import CouponOutcome
from domain.explain.waits import WaitedFor
from domain.payout.choice import RefundTo
from domain.sale.payments import PaymentMethod


class OfPeriod(Wire):
    """Begins with the time that a report is of."""

    start: Time = Field(alias="from", description="The begin of the period, itself included.")
    end: Time = Field(alias="to", description="The end of the period, itself left out.")


class StageMedians(Wire):
    """Seconds after the request until half of those that came so far had; null where none has."""

    answered: float | None = Field(description="The first decision or request for evidence.")
    approved: float | None = Field(description="The approval.")
    received: float | None = Field(description="The parcel's arrival.")
    inspected: float | None = Field(description="The end of the inspection.")
    paid: float | None = Field(description="The last payout.")
    completed: float | None = Field(description="The end of the refund.")


class TrendStep(Wire):
    """One day, week or month: the refunds requested in it, and the orders paid in it."""

    begins: date = Field(description="Its first day, where the merchant is.")
    refunds: int = Field(description="How many refunds were requested.")
    orders: int = Field(description="How many orders were paid.")
    refund_rate: float | None = Field(description="Refunds for each order; null where no order was paid.")
    median_s: StageMedians = Field(description="How fast these refunds were.")
    opinions: int = Field(description="On how many of them somebody gave feedback.")
    mean_score: float | None = Field(description="The mean of their scores, from 1 to 5; null if none did.")


class TrendReport(OfPeriod):
    """How refunds went, step by step; a step in which nothing happened is left out."""

    every: Every = Field(description="How long a step is.")
    time_zone: str = Field(description="The policy's `time_zone`, by which days begin.")
    items: list[TrendStep] = Field(description="The steps, the oldest first.")


class MoneyMoved(Wire):
    """What was paid out on one day, in one way and one currency, in minor units."""

    day: date = Field(description="The day on which the provider, or whoever paid it, had done it.")
    method: PaymentMethod = Field(description="How the order had been paid.")
    went_to: RefundTo = Field(description="Where the money went: back there, to store credit, to a bank account.")
    currency: str = Field(description="The ISO 4217 currency that moved.")
    payouts: int = Field(description="How many payouts.")
    amount: int = Field(description="What they come to.")
    tax: int = Field(description="The tax inside it: that of the refund, shared by what each payment got.")
    net: int = Field(description="The amount without it.")


class MoneyReport(OfPeriod):
    """What makewhole paid out in a time; what went back elsewhere is in `external` of `reportRefunds`."""

    time_zone: str = Field(description="The policy's `time_zone`, by which days begin.")
    items: list[MoneyMoved] = Field(description="Day by day, the oldest first.")


class EntitlementReport(OfPeriod):
    """What became of the entitlements of the refunds that completed in a time."""

    refunds: int = Field(description="How many refunds completed.")
    points_restored: int = Field(description="Points spent on what was returned, given back.")
    points_clawed_back: int = Field(description="Points earned with what was returned, taken back.")
    coupons: dict[CouponOutcome, int] = Field(description="How many coupons, by what became of them.")
    gifts: dict[str, int] = Field(description="How many gifts, by what became of them.")
    exclusive_discounts: dict[str, int] = Field(description="How many exclusive discounts, by what became of them.")
    campaigns_restored: int = Field(description="How often participation in a campaign was restored.")
    campaigns_left: int = Field(description="How often a customer no longer qualifies for a campaign.")


class OpinionTopic(Wire):
    """Opinions of refunds with one reason whose customers waited longest for the same."""

    reason: Reason = Field(description="Why they were asked for, by what the reason stands for.")
    waited_for: WaitedFor = Field(description="What took longest of these refunds.")
    opinions: int = Field(description="How many opinions.")
    mean_score: float | None = Field(description="The mean of their scores, from 1 to 5; null if there is none.")
    opinions_before: int = Field(description="How many in the time as long just before.")
    mean_score_before: float | None = Field(description="The mean of those; null if there is none.")


class SaidOpinion(Wire):
    """One opinion with its words."""

    refund_id: str = Field(description="The refund.")
    reason: Reason = Field(description="Why it was asked for.")
    waited_for: WaitedFor = Field(description="What took longest of it.")
    score: int = Field(description="From 1, bad, to 5, good.")
    comment: str = Field(description="What they said; empty once it is erased.")
    at: Time = Field(description="When.")


class OpinionReport(OfPeriod):
    """What customers say of the refunds requested in a time, and what has changed since the time before."""

    topics: list[OpinionTopic] = Field(description="By topic, the least content first.")
    comments: list[SaidOpinion] = Field(description="The newest 100 that say something in words.")
