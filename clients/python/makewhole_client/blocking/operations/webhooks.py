# Written by `make client`; change the document, or the async half, instead.
"""Operations: webhooks."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import webhooks as calls
from makewhole_client.models import (
    AdyenWebhook,
    AlipayWebhook,
    PayPalWebhook,
    SandboxWebhook,
    StripeWebhook,
    WebhookAnswer,
    WeChatPayWebhook,
)


class WebhooksCalls(Asks):
    def take_webhook(
        self, source: str, body: SandboxWebhook, *, webhook_id: str, webhook_timestamp: str, webhook_signature: str
    ) -> WebhookAnswer:
        """Take a webhook signed as [Standard Webhooks](https://www.standardwebhooks.com) says."""
        return self._ask(
            calls.take_webhook(
                source,
                body,
                webhook_id=webhook_id,
                webhook_timestamp=webhook_timestamp,
                webhook_signature=webhook_signature,
            )
        )

    def take_gateway_webhook(
        self,
        source: str,
        merchant_token: str,
        body: StripeWebhook | AdyenWebhook | AlipayWebhook | PayPalWebhook | WeChatPayWebhook,
    ) -> WebhookAnswer:
        """Take what the provider or carrier of a merchant's own account posts, signed with that account's secret."""
        return self._ask(calls.take_gateway_webhook(source, merchant_token, body))
