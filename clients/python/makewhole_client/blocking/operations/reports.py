# Written by `make client`; change the document, or the async half, instead.
"""Operations: reports."""

from datetime import datetime

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import reports as calls
from makewhole_client.models import RefundReport


class ReportsCalls(Asks):
    def report_refunds(self, *, from_: datetime | None = None, to: datetime | None = None) -> RefundReport:
        """Count the refunds requested in a time by status and reason, with rates, times and satisfaction."""
        return self._ask(calls.report_refunds(from_=from_, to=to))
