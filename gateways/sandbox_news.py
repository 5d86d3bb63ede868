"""The sandbox's webhooks as we read them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from domain import words
from gateways.ports import GatewayStatus, PayoutNews

_Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(words.storable)]
"""Our key comes back letter by letter, whatever ids of a merchant's an earlier version put into it."""


class _Told(BaseModel):
    key: _Name
    reference: _Name
    status: GatewayStatus


class SandboxWebhook(BaseModel):
    """A provider may add fields, so what we don't know is left alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "refund.succeeded",
                    "timestamp": "2026-11-20T08:00:00Z",
                    "data": {"key": "rf_1:payout:p1", "reference": "re_9f", "status": "succeeded"},
                }
            ]
        }
    )

    type: Literal["refund.pending", "refund.succeeded", "refund.failed"]
    timestamp: AwareDatetime
    data: _Told

    @property
    def news(self) -> PayoutNews:
        return PayoutNews(self.data.key, self.data.status, self.data.reference)
