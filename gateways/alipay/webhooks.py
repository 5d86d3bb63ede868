"""Alipay's notifications: forms that they sign, of a trade whose refund is done, and of a bank that has the money."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field

from gateways.alipay.account import AlipayAccount
from gateways.alipay.answers import reference_of
from gateways.alipay.signing import verify
from gateways.ports import Callback, GatewayStatus, ProviderEvent
from gateways.refund_names import key_of
from gateways.signatures import BadSignature

ACKNOWLEDGED = "success"
"""What they want to hear; whatever else is answered, they tell it again."""

_Name = Annotated[str, Field(max_length=200)]
_BANK_HAS_IT = "alipay.trade.refund.depositback.completed"


class AlipayWebhook(BaseModel):
    """A notification of Alipay's, a form: what is not named here is not kept."""

    notify_id: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The same however often it comes."
    )
    app_id: _Name = Field(description="The application that it is for.")
    msg_method: _Name = Field(default="", description="What it is about, for example that a bank has the money.")
    biz_content: Annotated[str, Field(max_length=5_000)] = Field(default="", description="JSON, with `msg_method`.")
    trade_no: _Name = Field(default="", description="Their number of the trade.")
    trade_status: _Name = Field(default="", description="How the trade stands.")
    out_biz_no: _Name = Field(default="", description="The refund's `out_request_no`, where it is about a refund.")
    gmt_refund: _Name = Field(default="", description="When it was paid back, where it is about a refund.")


class OfBank(BaseModel):
    """What a bank says of a refund: the customer has the money either way, on the card or in the Alipay balance."""

    trade_no: Annotated[str, Field(min_length=1, max_length=200)]
    out_request_no: _Name


def hear(account: AlipayAccount, body: bytes) -> Callback:
    """Read what they signed for this application; raises BadSignature before it reads it, or ValueError."""
    fields = _fields(body)
    verify(account, fields)
    webhook = AlipayWebhook.model_validate(fields)
    if webhook.app_id != account.app_id:
        raise BadSignature
    kept = webhook.model_dump(mode="json", exclude={"biz_content"})
    if webhook.msg_method == _BANK_HAS_IT:
        said = OfBank.model_validate_json(webhook.biz_content)
        return Callback(webhook.notify_id, _done(said.trade_no, said.out_request_no), {**kept, **said.model_dump()})
    event = _done(webhook.trade_no, webhook.out_biz_no) if webhook.gmt_refund and webhook.out_biz_no else None
    return Callback(webhook.notify_id, event, kept)


def _done(trade_no: str, request_no: str) -> ProviderEvent:
    return ProviderEvent(key_of(request_no), GatewayStatus.SUCCEEDED, reference_of(trade_no, request_no))


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as unclear:
        raise BadSignature from unclear
