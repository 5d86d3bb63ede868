# Written by `make client`; change the document, or the async half, instead.
"""Operations: operations."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import operations as calls
from makewhole_client.models import (
    AuditCheckpoint,
    AuditCheckpoints,
    AuditEntry,
    AuditKeys,
    AuditLine,
    AuditProof,
    AuditTrail,
    AuditVerification,
    Inbox,
    MessageAnswer,
    ReconciliationAnswer,
    SettlementDifferences,
    SettlementReportAnswer,
    SettlementReportList,
    WorkflowAnswer,
)


class OperationsCalls(Asks):
    def send_settlement_report(self, body: bytes, *, gateway: str, format: str, name: str) -> SettlementReportAnswer:
        """Send a provider's settlement report as it is, or packed by gzip, at most 64 MiB; a workflow reads it."""
        return self._ask(calls.send_settlement_report(body, gateway=gateway, format=format, name=name))

    def list_settlement_reports(
        self,
    ) -> SettlementReportList:
        """List the newest reports."""
        return self._ask(calls.list_settlement_reports())

    def list_settlement_differences(self, *, report_id: str | None = None) -> SettlementDifferences:
        """List where reports and our ledger differ by now, of one report or of all."""
        return self._ask(calls.list_settlement_differences(report_id=report_id))

    def get_settlement_report(self, report_id: str) -> SettlementReportAnswer:
        """Read what has come of a report."""
        return self._ask(calls.get_settlement_report(report_id))

    def get_workflow(self, refund_id: str) -> WorkflowAnswer:
        """Read which workflow moves a refund, and where the Temporal UI shows it."""
        return self._ask(calls.get_workflow(refund_id))

    def get_audit_trail(
        self,
        *,
        order_id: str | None = None,
        customer_id: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> AuditTrail:
        """Everything that happened, or all that concerns an order or a customer; each entry is chained to the one
        before."""
        return self._ask(calls.get_audit_trail(order_id=order_id, customer_id=customer_id, cursor=cursor, limit=limit))

    def iterate_audit_trail(
        self, *, order_id: str | None = None, customer_id: str | None = None, limit: int | None = None
    ) -> Iterator[AuditEntry]:
        """Everything that happened, or all that concerns an order or a customer; each entry is chained to the one
        before. One after the other, over all pages."""
        return self._items(
            lambda page: calls.get_audit_trail(order_id=order_id, customer_id=customer_id, limit=limit, cursor=page)
        )

    def get_operations_inbox(self, *, cursor: str | None = None, limit: int | None = None) -> Inbox:
        """What operations were told: overdue work, calls for help, appeals; the oldest first."""
        return self._ask(calls.get_operations_inbox(cursor=cursor, limit=limit))

    def iterate_operations_inbox(self, *, limit: int | None = None) -> Iterator[MessageAnswer]:
        """What operations were told: overdue work, calls for help, appeals; the oldest first. One after the other,
        over all pages."""
        return self._items(lambda page: calls.get_operations_inbox(limit=limit, cursor=page))

    def verify_audit_trail(
        self,
    ) -> AuditVerification:
        """Recompute the whole chain of this merchant, and compare it with its numbers and with what was signed."""
        return self._ask(calls.verify_audit_trail())

    def list_audit_checkpoints(self, *, cursor: str | None = None, limit: int | None = None) -> AuditCheckpoints:
        """List what was signed of the trail, the oldest first: every 5 minutes or 1,000 entries, where there are
        new ones."""
        return self._ask(calls.list_audit_checkpoints(cursor=cursor, limit=limit))

    def iterate_audit_checkpoints(self, *, limit: int | None = None) -> Iterator[AuditCheckpoint]:
        """List what was signed of the trail, the oldest first: every 5 minutes or 1,000 entries, where there are
        new ones. One after the other, over all pages."""
        return self._items(lambda page: calls.list_audit_checkpoints(limit=limit, cursor=page))

    def list_audit_keys(
        self,
    ) -> AuditKeys:
        """List the public keys that checkpoints were signed with."""
        return self._ask(calls.list_audit_keys())

    def prove_audit_entry(self, sequence: str) -> AuditProof:
        """Prove that an entry is in the trail that was signed; `not_found` also as long as no checkpoint holds it."""
        return self._ask(calls.prove_audit_entry(sequence))

    def export_audit_trail(self, *, cursor: str | None = None, limit: int | None = None) -> Iterator[AuditLine]:
        """Export the trail as JSON lines."""
        return self._lines(calls.export_audit_trail(cursor=cursor, limit=limit))

    def get_metrics(
        self,
    ) -> str:
        """Figures of all refunds, of the workers and of this process, in the text format of Prometheus."""
        return self._ask(calls.get_metrics())

    def reconcile_books(
        self,
    ) -> ReconciliationAnswer:
        """Compare now, and change nothing; what is younger than a minute may still be settling and is left out."""
        return self._ask(calls.reconcile_books())
