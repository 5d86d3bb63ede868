# Written by `make client`; change the document, or the async half, instead.
"""Operations: risk alerts."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import risk_alerts as calls
from makewhole_client.models import AcknowledgementBody, AlertStatus, RiskAlertAnswer, RiskAlertList, Signal


class RiskAlertsCalls(Asks):
    def list_risk_alerts(
        self,
        *,
        status: AlertStatus | None = None,
        signal: Signal | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> RiskAlertList:
        """List what refunds show together and none shows alone, the newest first, with the refunds that show it."""
        return self._ask(calls.list_risk_alerts(status=status, signal=signal, cursor=cursor, limit=limit))

    def iterate_risk_alerts(
        self, *, status: AlertStatus | None = None, signal: Signal | None = None, limit: int | None = None
    ) -> Iterator[RiskAlertAnswer]:
        """List what refunds show together and none shows alone, the newest first, with the refunds that show it.
        One after the other, over all pages."""
        return self._items(lambda page: calls.list_risk_alerts(status=status, signal=signal, limit=limit, cursor=page))

    def get_risk_alert(self, alert_id: str) -> RiskAlertAnswer:
        """Read an alert, the refunds that show it, and who has seen it."""
        return self._ask(calls.get_risk_alert(alert_id))

    def acknowledge_risk_alert(self, alert_id: str, body: AcknowledgementBody) -> RiskAlertAnswer:
        """Say that you have seen it; the first word stands."""
        return self._ask(calls.acknowledge_risk_alert(alert_id, body))
