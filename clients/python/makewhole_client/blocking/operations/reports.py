# Written by `make client`; change the document, or the async half, instead.
"""Operations: reports."""

from datetime import datetime

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import reports as calls
from makewhole_client.models import (
    EntitlementReport,
    Every,
    GatewayReport,
    MoneyReport,
    OpinionReport,
    RefundReport,
    ResponseReport,
    TrendReport,
)


class ReportsCalls(Asks):
    def report_refunds(self, *, from_: datetime | None = None, to: datetime | None = None) -> RefundReport:
        """Count the refunds requested in a time by status and reason, with rates, times and satisfaction."""
        return self._ask(calls.report_refunds(from_=from_, to=to))

    def report_trends(
        self, *, from_: datetime | None = None, to: datetime | None = None, every: Every | None = None
    ) -> TrendReport:
        """Follow the refund rate, the times of the stages and satisfaction by day, week or month."""
        return self._ask(calls.report_trends(from_=from_, to=to, every=every))

    def report_money(self, *, from_: datetime | None = None, to: datetime | None = None) -> MoneyReport:
        """Add up what was paid out by the day it moved, how the order was paid and where it went, net of tax."""
        return self._ask(calls.report_money(from_=from_, to=to))

    def report_entitlements(self, *, from_: datetime | None = None, to: datetime | None = None) -> EntitlementReport:
        """Count what became of coupons, points, gifts and campaigns with the refunds that completed in a time."""
        return self._ask(calls.report_entitlements(from_=from_, to=to))

    def report_opinions(self, *, from_: datetime | None = None, to: datetime | None = None) -> OpinionReport:
        """Group what customers say by reason and by what they waited longest for, beside the time just before."""
        return self._ask(calls.report_opinions(from_=from_, to=to))

    def report_response(self, *, from_: datetime | None = None) -> ResponseReport:
        """Read how long customers waited for a first answer, by a rule or a person, against the policy's target."""
        return self._ask(calls.report_response(from_=from_))

    def report_gateways(self, *, from_: datetime) -> GatewayReport:
        """Count how the payouts of a time fared at each gateway: paid, declined, still undecided."""
        return self._ask(calls.report_gateways(from_=from_))
