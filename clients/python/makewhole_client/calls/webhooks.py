# Written by `make client`; change the document, or the async half, instead.
"""Requests: webhooks."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    AdyenWebhook,
    AlipayWebhook,
    PayPalWebhook,
    SandboxWebhook,
    StripeWebhook,
    WebhookAnswer,
    WeChatPayWebhook,
)


def take_webhook(
    source: str, body: SandboxWebhook, *, webhook_id: str, webhook_timestamp: str, webhook_signature: str
) -> Call[WebhookAnswer]:
    return Call(
        "POST",
        f"/v1/webhooks/{call.in_path(source)}",
        call.json_of(WebhookAnswer),
        headers={
            "webhook-id": webhook_id,
            "webhook-timestamp": webhook_timestamp,
            "webhook-signature": webhook_signature,
        },
        body=body,
    )


def take_gateway_webhook(
    source: str,
    merchant_token: str,
    body: StripeWebhook | AdyenWebhook | AlipayWebhook | PayPalWebhook | WeChatPayWebhook,
) -> Call[WebhookAnswer]:
    return Call(
        "POST",
        f"/v1/webhooks/{call.in_path(source)}/{call.in_path(merchant_token)}",
        call.json_of(WebhookAnswer),
        body=body,
    )
