# Written by `make client`; change the document, or the async half, instead.
"""Every operation of the API."""

from makewhole_client.blocking.operations.api_keys import ApiKeysCalls
from makewhole_client.blocking.operations.bulk_refunds import BulkRefundsCalls
from makewhole_client.blocking.operations.campaigns import CampaignsCalls
from makewhole_client.blocking.operations.carriers import CarriersCalls
from makewhole_client.blocking.operations.coupons import CouponsCalls
from makewhole_client.blocking.operations.customers import CustomersCalls
from makewhole_client.blocking.operations.entitlement_systems import EntitlementSystemsCalls
from makewhole_client.blocking.operations.gateways import GatewaysCalls
from makewhole_client.blocking.operations.health import HealthCalls
from makewhole_client.blocking.operations.identity import IdentityCalls
from makewhole_client.blocking.operations.labels import LabelsCalls
from makewhole_client.blocking.operations.operations import OperationsCalls
from makewhole_client.blocking.operations.orders import OrdersCalls
from makewhole_client.blocking.operations.policy import PolicyCalls
from makewhole_client.blocking.operations.reasons import ReasonsCalls
from makewhole_client.blocking.operations.refund_rights import RefundRightsCalls
from makewhole_client.blocking.operations.refunds import RefundsCalls
from makewhole_client.blocking.operations.reports import ReportsCalls
from makewhole_client.blocking.operations.reviews import ReviewsCalls
from makewhole_client.blocking.operations.risk_alerts import RiskAlertsCalls
from makewhole_client.blocking.operations.sandbox import SandboxCalls
from makewhole_client.blocking.operations.staff import StaffCalls
from makewhole_client.blocking.operations.webhook_events import WebhookEventsCalls
from makewhole_client.blocking.operations.webhooks import WebhooksCalls


class Operations(
    ApiKeysCalls,
    IdentityCalls,
    StaffCalls,
    PolicyCalls,
    ReasonsCalls,
    CustomersCalls,
    RefundRightsCalls,
    CouponsCalls,
    CampaignsCalls,
    OrdersCalls,
    RefundsCalls,
    ReviewsCalls,
    RiskAlertsCalls,
    BulkRefundsCalls,
    GatewaysCalls,
    EntitlementSystemsCalls,
    CarriersCalls,
    LabelsCalls,
    WebhookEventsCalls,
    OperationsCalls,
    SandboxCalls,
    ReportsCalls,
    HealthCalls,
    WebhooksCalls,
):
    """Every operation of the API."""
