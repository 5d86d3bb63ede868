"""Where the pages of staff are."""

from starlette.routing import BaseRoute, Route

from web.pages import Pages
from web.staff.audit import AUDIT_FILES, AuditViewer
from web.staff.connections import Connections
from web.staff.desk import Desk
from web.staff.door import Handler, StaffDoor
from web.staff.entry import StaffEntry
from web.staff.keys import KeyPages
from web.staff.operated import Operated
from web.staff.operations import Operations
from web.staff.pictures import show_picture
from web.staff.policy import PolicyEditor
from web.staff.providers import ProviderPages
from web.staff.reports import DOWNLOADS, Reports
from web.staff.risk_alerts import RiskAlerts
from web.staff.settlements import SettlementReportPages
from web.staff.together import Together
from web.staff.warehouse import Warehouse


def staff_routes(pages: Pages) -> list[BaseRoute]:
    entry, desk, together = StaffEntry(pages), Desk(pages), Together(pages)
    warehouse, operations, operated = Warehouse(pages), Operations(pages), Operated(pages)
    policy, reports, connections = PolicyEditor(pages), Reports(pages), Connections(pages)
    alerts, keys, audit, settlements = (
        RiskAlerts(pages),
        KeyPages(pages),
        AuditViewer(pages),
        SettlementReportPages(pages),
    )
    providers = ProviderPages(pages)

    def read(path: str, handler: Handler) -> Route:
        return Route(path, StaffDoor(pages, _room(path)).before(handler), methods=["GET"])

    def said(path: str, handler: Handler) -> Route:
        return Route(path, StaffDoor(pages, _room(path)).before(handler), methods=["POST"])

    return [
        Route("/staff", entry.show),
        Route("/staff/keys", entry.enter_by_key, methods=["POST"]),
        Route("/staff/leave", entry.leave, methods=["POST"]),
        read("/desk", desk.show),
        read("/desk/speed", desk.show_speed),
        said("/desk/begin", desk.begin),
        read("/desk/refunds/{refund_id}", desk.show_refund),
        read("/desk/refunds/{refund_id}/news", desk.show_news),
        said("/desk/refunds/{refund_id}/take", desk.take),
        said("/desk/refunds/{refund_id}/back", desk.put_back),
        said("/desk/refunds/{refund_id}/decision", desk.decide),
        read("/desk/together", together.preview),
        said("/desk/together", together.confirm),
        said("/desk/together/approval", together.approve),
        read("/desk/pictures/{evidence_id}", show_picture),
        read("/warehouse", warehouse.show),
        read("/warehouse/refunds/{refund_id}", warehouse.show_refund),
        said("/warehouse/refunds/{refund_id}/receipt", warehouse.receive),
        said("/warehouse/refunds/{refund_id}/inspection", warehouse.inspect),
        said("/warehouse/refunds/{refund_id}/loss", warehouse.lose),
        read("/operations", operations.show),
        said("/operations/refunds/{refund_id}/resolution", operations.resolve),
        read("/operations/refunds/{refund_id}", operated.show),
        read("/operations/refunds/{refund_id}/story", operated.story),
        read("/operations/pace", operated.pace),
        read("/operations/alerts", alerts.show),
        said("/operations/alerts/{alert_id}/acknowledgement", alerts.acknowledge),
        read("/operations/events", operations.show_events),
        said("/operations/events/{event_id}/redelivery", operations.redeliver),
        read("/operations/policy", policy.show),
        said("/operations/policy", policy.save),
        said("/operations/policy/trial", policy.try_out),
        read("/operations/books", operations.reconcile),
        read("/operations/settlements", settlements.show),
        read("/operations/audit", audit.show),
        *(read(f"/operations/audit/{called}", audit.file(called)) for called in AUDIT_FILES),
        read("/operations/audit/{sequence}/proof", audit.prove),
        read("/reports", reports.show),
        *(read(f"/reports/{name}.csv", reports.download(name)) for name in DOWNLOADS),
        read("/operations/webhooks", connections.show_webhooks),
        said("/operations/webhooks", connections.add_webhook),
        said("/operations/webhooks/{endpoint_id}", connections.change_webhook),
        said("/operations/webhooks/{endpoint_id}/removal", connections.remove_webhook),
        said("/operations/webhooks/{endpoint_id}/state", connections.switch_webhook),
        said("/operations/webhooks/{endpoint_id}/secret", connections.rotate_secret),
        read("/operations/gateways", connections.show_gateways),
        said("/operations/gateways", connections.put_gateway),
        read("/operations/sign-in", providers.show),
        said("/operations/sign-in", providers.put),
        said("/operations/sign-in/{provider_id}/removal", providers.remove),
        read("/operations/keys", keys.show),
        said("/operations/keys", keys.make),
        said("/operations/keys/{key_id}/rotation", keys.replace),
        said("/operations/keys/{key_id}/revocation", keys.revoke),
        said("/operations/sessions/{session_id}/end", keys.end_session),
    ]


def _room(path: str) -> str:
    return path.split("/")[1]
