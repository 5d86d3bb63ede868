"""What is told of a refund as it happens."""

from typing import Self

from pydantic import Field

from api.schemas.common import Time, Wire
from db.read_models import TimelineEvent
from domain.lifecycle import RefundStatus


class LiveEvent(Wire):
    """One thing that happened to a refund, and where the refund stands now that it is told."""

    sequence: int = Field(description="Its place in the timeline, which is the `id` of the event.")
    status: RefundStatus = Field(description="Where the refund stands when this is sent.")
    at: Time = Field(description="When it happened.")
    event: str = Field(description="What, as a stable word, for example `approved`.")
    message: str = Field(description="What, as a sentence in English.")

    @classmethod
    def of(cls, status: RefundStatus, happened: TimelineEvent) -> Self:
        return cls(
            sequence=happened.sequence, status=status, at=happened.at, event=happened.event, message=happened.message
        )
