"""WeChat Pay's callbacks: signed by their key, and what they say encrypted under the merchant's own."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, Field

from gateways.ports import Callback, ProviderEvent
from gateways.refund_names import key_of
from gateways.signatures import BadSignature
from gateways.wechat_pay.account import WeChatPayAccount
from gateways.wechat_pay.answers import status_of
from gateways.wechat_pay.signing import verify

_Name = Annotated[str, Field(min_length=1, max_length=100)]
_REFUND = "refund"


class WeChatPayResource(BaseModel):
    """What happened, encrypted with AES-256-GCM under the API v3 key."""

    original_type: _Name = Field(description="What it is about, for example `refund`.")
    ciphertext: Annotated[str, Field(min_length=1)] = Field(description="In base64.")
    nonce: _Name = Field(description="What it was encrypted with, once.")
    associated_data: str = Field(default="", description="What is bound to it.")


class WeChatPayWebhook(BaseModel):
    """A callback of WeChat Pay's."""

    id: _Name = Field(description="Its id, which is the same however often it is sent.")
    event_type: _Name = Field(description="What happened, for example `REFUND.SUCCESS`.")
    resource: WeChatPayResource = Field(description="What it is about.")


class DecryptedRefund(BaseModel):
    """What is kept of a refund; the customer's account, which they say as well, is not."""

    mchid: _Name
    transaction_id: _Name
    out_refund_no: _Name
    refund_id: _Name
    refund_status: _Name


def hear(account: WeChatPayAccount, headers: Mapping[str, str], body: bytes) -> Callback:
    """Read a callback that they signed for this merchant; raises BadSignature before it reads it, or ValueError."""
    verify(account, headers, body)
    webhook = WeChatPayWebhook.model_validate_json(body)
    plain = _decrypted(account, webhook.resource)
    said = {"id": webhook.id, "event_type": webhook.event_type}
    if webhook.resource.original_type != _REFUND:
        return Callback(webhook.id, None, said)
    refund = DecryptedRefund.model_validate_json(plain)
    if refund.mchid != account.merchant_number:
        raise BadSignature
    event = ProviderEvent(key_of(refund.out_refund_no), status_of(refund.refund_status), refund.refund_id)
    return Callback(webhook.id, event, {**said, _REFUND: refund.model_dump(mode="json")})


def _decrypted(account: WeChatPayAccount, resource: WeChatPayResource) -> bytes:
    try:
        return AESGCM(account.api_v3_key).decrypt(
            resource.nonce.encode(),
            base64.b64decode(resource.ciphertext, validate=True),
            resource.associated_data.encode(),
        )
    except (InvalidTag, binascii.Error, ValueError) as wrong:  # ValueError: a nonce of a length that there is not
        raise BadSignature from wrong
