# Written by `make client`; change the document, or the async half, instead.
"""Requests: operations."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    AuditCheckpoints,
    AuditKeys,
    AuditLine,
    AuditProof,
    AuditTrail,
    AuditVerification,
    Inbox,
    ReconciliationAnswer,
    SettlementDifferences,
    SettlementReportAnswer,
    SettlementReportList,
    WorkflowAnswer,
)


def send_settlement_report(body: bytes, *, gateway: str, format: str, name: str) -> Call[SettlementReportAnswer]:
    return Call(
        "POST",
        "/v1/settlement-reports",
        call.json_of(SettlementReportAnswer),
        query={"gateway": gateway, "format": format, "name": name},
        body=body,
        content_type="application/octet-stream",
    )


def list_settlement_reports() -> Call[SettlementReportList]:
    return Call("GET", "/v1/settlement-reports", call.json_of(SettlementReportList))


def list_settlement_differences(*, report_id: str | None = None) -> Call[SettlementDifferences]:
    return Call(
        "GET", "/v1/settlement-reports/differences", call.json_of(SettlementDifferences), query={"report_id": report_id}
    )


def get_settlement_report(report_id: str) -> Call[SettlementReportAnswer]:
    return Call("GET", f"/v1/settlement-reports/{call.in_path(report_id)}", call.json_of(SettlementReportAnswer))


def get_workflow(refund_id: str) -> Call[WorkflowAnswer]:
    return Call("GET", f"/v1/refunds/{call.in_path(refund_id)}/workflow", call.json_of(WorkflowAnswer))


def get_audit_trail(
    *, order_id: str | None = None, customer_id: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[AuditTrail]:
    return Call(
        "GET",
        "/v1/audit",
        call.json_of(AuditTrail),
        query={"order_id": order_id, "customer_id": customer_id, "cursor": cursor, "limit": limit},
    )


def get_operations_inbox(*, cursor: str | None = None, limit: int | None = None) -> Call[Inbox]:
    return Call("GET", "/v1/inbox", call.json_of(Inbox), query={"cursor": cursor, "limit": limit})


def verify_audit_trail() -> Call[AuditVerification]:
    return Call("GET", "/v1/audit/verification", call.json_of(AuditVerification))


def list_audit_checkpoints(*, cursor: str | None = None, limit: int | None = None) -> Call[AuditCheckpoints]:
    return Call(
        "GET", "/v1/audit/checkpoints", call.json_of(AuditCheckpoints), query={"cursor": cursor, "limit": limit}
    )


def list_audit_keys() -> Call[AuditKeys]:
    return Call("GET", "/v1/audit/keys", call.json_of(AuditKeys))


def prove_audit_entry(sequence: str) -> Call[AuditProof]:
    return Call("GET", f"/v1/audit/entries/{call.in_path(sequence)}/proof", call.json_of(AuditProof))


def export_audit_trail(*, cursor: str | None = None, limit: int | None = None) -> Call[AuditLine]:
    return Call(
        "GET", "/v1/audit/export", call.one_of(AuditLine), query={"cursor": cursor, "limit": limit}, comes_by_lines=True
    )


def get_metrics() -> Call[str]:
    return Call("GET", "/metrics", call.as_text)


def reconcile_books() -> Call[ReconciliationAnswer]:
    return Call("GET", "/v1/operations/reconciliation", call.json_of(ReconciliationAnswer))
