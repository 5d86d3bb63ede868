# Written by `make client`; change the document, or the async half, instead.
"""Models: webhooks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word


class AdyenAdditionalData(Body):
    """What goes with an item: its signature, and what a bank or a dispute adds."""

    hmacSignature: str
    arn: str | None = None
    disputeStatus: str | None = None


class AdyenAmount(Body):
    """In Adyen's minor units."""

    currency: str
    value: int


class AdyenItem(Body):
    """Something that happened: what is not named here is not kept."""

    eventCode: str
    success: str
    pspReference: str
    originalReference: str = ""
    merchantAccountCode: str
    merchantReference: str = ""
    amount: AdyenAmount
    eventDate: datetime
    reason: str = ""
    additionalData: AdyenAdditionalData


class AdyenItemWrapper(Body):
    """An item, in the wrapper that Adyen gives it."""

    NotificationRequestItem: AdyenItem


class AdyenWebhook(Body):
    """A standard webhook of Adyen's, as JSON: it has one item."""

    live: str
    notificationItems: list[AdyenItemWrapper]


class AlipayWebhook(Body):
    """A notification of Alipay's, a form: what is not named here is not kept."""

    notify_id: str
    app_id: str
    msg_method: str = ""
    biz_content: str = ""
    trade_no: str = ""
    trade_status: str = ""
    out_biz_no: str = ""
    gmt_refund: str = ""


class GatewayStatus(Word):
    """Only `succeeded` is paid (rule 35)."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    WAITING_FOR_BALANCE = "waiting_for_balance"
    FAILED = "failed"


class PayPalAmount(Body):
    """In major units, with as many decimals as PayPal gives the currency."""

    currency_code: str
    value: str


class PayPalDisputed(Body):
    """A payment that a dispute is about."""

    seller_transaction_id: str | None = None


class PayPalOutcome(Body):
    """How a dispute ended."""

    outcome_code: str | None = None
    amount_refunded: PayPalAmount | None = None


class PayPalResource(Body):
    """What an event is about: a refund with our name of it, or a dispute; all else is left alone."""

    id: str | None = None
    status: str | None = None
    custom_id: str | None = None
    invoice_id: str | None = None
    acquirer_reference_number: str | None = None
    dispute_id: str | None = None
    disputed_transactions: list[PayPalDisputed] = Field(default_factory=list)
    dispute_amount: PayPalAmount | None = None
    dispute_life_cycle_stage: str | None = None
    dispute_outcome: PayPalOutcome | None = None


class PayPalWebhook(Body):
    """An event of PayPal's: what is not named here is not kept."""

    id: str
    event_type: str
    resource_type: str
    create_time: datetime
    resource: PayPalResource


class SandboxPayout(Body):
    """The payout as the sandbox provider has it now."""

    key: str
    reference: str
    status: GatewayStatus
    trace_number: str | None = None


class SandboxWebhook(Body):
    """A provider may add fields, so what we don't know is left alone."""

    type: Literal["refund.pending", "refund.waiting_for_balance", "refund.succeeded", "refund.failed"]
    timestamp: datetime
    data: SandboxPayout


class StripeObject(Body):
    """What an event is about: a refund with our key in its metadata, a dispute, a warning; all else is left
    alone."""

    id: str
    object: str
    status: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    pending_reason: str | None = None
    failure_reason: str | None = None
    destination_details: dict[str, Any] | None = None
    charge: str | None = None
    payment_intent: str | None = None
    amount: int | None = None
    currency: str | None = None


class StripeData(Body):
    """The object, as it was when the event was made."""

    object: StripeObject


class StripeWebhook(Body):
    """An event of Stripe's."""

    id: str
    type: str
    created: int
    data: StripeData


class WeChatPayResource(Body):
    """What happened, encrypted with AES-256-GCM under the API v3 key."""

    original_type: str
    ciphertext: str
    nonce: str
    associated_data: str = ""


class WeChatPayWebhook(Body):
    """A callback of WeChat Pay's."""

    id: str
    event_type: str
    resource: WeChatPayResource


class WebhookOutcome(Word):
    """`unknown_reference` is kept and acknowledged: it may be about something that is not ours."""

    TAKEN = "taken"
    REPEATED = "repeated"
    UNKNOWN_REFERENCE = "unknown_reference"


class WebhookAnswer(Answer):
    """What became of the webhook."""

    webhook_id: str
    outcome: WebhookOutcome
