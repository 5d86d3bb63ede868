"""What a customer prefers: by what they are told, and when not to be woken."""

from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from api.schemas.common import Id, TimeZone, Wire
from domain.delivery.channels import DEFAULT, INBOX, Channel
from domain.explain.messages import Topic

TOPICS = tuple(topic.value for topic in Topic if not topic.is_for_operations)

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
ChannelName = Annotated[str, Field(json_schema_extra={"enum": [INBOX, *Channel]})]


class QuietHoursBody(Wire):
    """Hours in which no SMS is sent; one that was due then is sent when they end."""

    begin: TimeOfDay = Field(alias="from", description="The time of day at which they begin.")
    until: TimeOfDay = Field(description="The time of day at which they end, on the next day where it is the earlier.")

    @model_validator(mode="after")
    def _not_all_day(self) -> "QuietHoursBody":
        if self.begin == self.until:
            raise ValueError("quiet hours end at another time of day than they begin")
        return self


class PreferencesBody(Wire):
    """What a customer prefers; what is left out is as if it was never said."""

    channels: dict[str, list[ChannelName]] = Field(
        default_factory=dict,
        max_length=len(TOPICS) + 1,
        description="By the topic of a message, or `default` for all others: `inbox`, `email`, `sms`. The inbox has "
        "every message, also where it is not named; an empty list is the inbox alone. Without a word for a topic and "
        "without `default`, all topics go by e-mail, and by SMS those that a refund turns on.",
        examples=[{"default": ["inbox", "email"], "paid": ["email", "sms"]}],
    )
    time_zone: TimeZone | None = Field(default=None, description="Where the customer lives.")
    quiet_hours: QuietHoursBody | None = Field(default=None, description="When no SMS is sent, by clocks there.")

    @model_validator(mode="after")
    def _known(self) -> "PreferencesBody":
        for topic, channels in self.channels.items():
            if topic not in (*TOPICS, DEFAULT):
                raise ValueError(f"channels: there is no topic {topic!r}; there is {DEFAULT}, {', '.join(TOPICS)}")
            for channel in channels:
                if channel not in (INBOX, *Channel):
                    raise ValueError(f"channels: there is no channel {channel!r}; there is inbox, email, sms")
        if self.quiet_hours is not None and self.time_zone is None:
            raise ValueError("quiet_hours go by the clocks of a time_zone: say which")
        return self


class PreferencesAnswer(PreferencesBody):
    """What a customer prefers, as it is kept."""

    customer_id: Id = Field(description="Whose preferences they are.")
    updated_at: AwareDatetime | None = Field(description="When they were said last; null where nothing was said.")
