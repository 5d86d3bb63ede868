# Written by `make client`; change the document, or the async half, instead.
"""Every operation of the API."""

from makewhole_client.aio.operations.api_keys import AsyncApiKeysCalls
from makewhole_client.aio.operations.bulk_refunds import AsyncBulkRefundsCalls
from makewhole_client.aio.operations.campaigns import AsyncCampaignsCalls
from makewhole_client.aio.operations.carriers import AsyncCarriersCalls
from makewhole_client.aio.operations.coupons import AsyncCouponsCalls
from makewhole_client.aio.operations.customers import AsyncCustomersCalls
from makewhole_client.aio.operations.entitlement_systems import AsyncEntitlementSystemsCalls
from makewhole_client.aio.operations.gateways import AsyncGatewaysCalls
from makewhole_client.aio.operations.health import AsyncHealthCalls
from makewhole_client.aio.operations.identity import AsyncIdentityCalls
from makewhole_client.aio.operations.labels import AsyncLabelsCalls
from makewhole_client.aio.operations.operations import AsyncOperationsCalls
from makewhole_client.aio.operations.orders import AsyncOrdersCalls
from makewhole_client.aio.operations.policy import AsyncPolicyCalls
from makewhole_client.aio.operations.reasons import AsyncReasonsCalls
from makewhole_client.aio.operations.refund_rights import AsyncRefundRightsCalls
from makewhole_client.aio.operations.refunds import AsyncRefundsCalls
from makewhole_client.aio.operations.reports import AsyncReportsCalls
from makewhole_client.aio.operations.reviews import AsyncReviewsCalls
from makewhole_client.aio.operations.risk_alerts import AsyncRiskAlertsCalls
from makewhole_client.aio.operations.sandbox import AsyncSandboxCalls
from makewhole_client.aio.operations.staff import AsyncStaffCalls
from makewhole_client.aio.operations.webhook_events import AsyncWebhookEventsCalls
from makewhole_client.aio.operations.webhooks import AsyncWebhooksCalls


class AsyncOperations(
    AsyncApiKeysCalls,
    AsyncIdentityCalls,
    AsyncStaffCalls,
    AsyncPolicyCalls,
    AsyncReasonsCalls,
    AsyncCustomersCalls,
    AsyncRefundRightsCalls,
    AsyncCouponsCalls,
    AsyncCampaignsCalls,
    AsyncOrdersCalls,
    AsyncRefundsCalls,
    AsyncReviewsCalls,
    AsyncRiskAlertsCalls,
    AsyncBulkRefundsCalls,
    AsyncGatewaysCalls,
    AsyncEntitlementSystemsCalls,
    AsyncCarriersCalls,
    AsyncLabelsCalls,
    AsyncWebhookEventsCalls,
    AsyncOperationsCalls,
    AsyncSandboxCalls,
    AsyncReportsCalls,
    AsyncHealthCalls,
    AsyncWebhooksCalls,
):
    """Every operation of the API."""
