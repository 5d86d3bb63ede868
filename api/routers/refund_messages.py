"""What the customer of a refund was told about it, in the words that were sent."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.access import AnyCaller, ServicesDep
from api.described import described
from api.paths import RefundId
from api.routers.customers import MessageAnswer
from api.schemas.common import Wire
from db import messages, refunds

router = APIRouter(prefix="/v1/refunds/{refund_id}/messages", tags=["refunds"])


class RefundMessages(Wire):
    """What the customer of a refund was told about it, the oldest first."""

    items: list[MessageAnswer] = Field(description="The messages, as they are in the customer's inbox.")
    forgotten_at: datetime | None = Field(
        description="When the messages of before went, by the policy's `retention.messages`; null: all are here."
    )


@router.get("", **described("listRefundMessages", "not_found"))
async def list_messages(refund_id: RefundId, services: ServicesDep, caller: AnyCaller) -> RefundMessages:
    """Read what the customer was told about a refund, on whatever channel; customers read of their own."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        told = await messages.told_of(connection, refund.merchant_id, refund.receiver, refund_id)
    items = [
        MessageAnswer(at=each.at, refund_id=each.refund_id, topic=each.topic, locale=each.locale, body=each.body)
        for each in told
    ]
    return RefundMessages(items=items, forgotten_at=refund.messages_forgotten_at)
