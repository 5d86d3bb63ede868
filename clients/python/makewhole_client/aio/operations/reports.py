# Written by `make client`; change the document, or the async half, instead.
"""Operations: reports."""

from datetime import datetime

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import reports as calls
from makewhole_client.models import GatewayReport, RefundReport, ResponseReport


class AsyncReportsCalls(AsyncAsks):
    async def report_refunds(self, *, from_: datetime | None = None, to: datetime | None = None) -> RefundReport:
        """Count the refunds requested in a time by status and reason, with rates, times and satisfaction."""
        return await self._ask(calls.report_refunds(from_=from_, to=to))

    async def report_response(self, *, from_: datetime | None = None) -> ResponseReport:
        """Read how long customers waited for a first answer, by a rule or a person, against the policy's target."""
        return await self._ask(calls.report_response(from_=from_))

    async def report_gateways(self, *, from_: datetime) -> GatewayReport:
        """Count how the payouts of a time fared at each gateway: paid, declined, still undecided."""
        return await self._ask(calls.report_gateways(from_=from_))
