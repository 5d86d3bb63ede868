# Written by `make client`; change the document, or the async half, instead.
"""Models: campaigns."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.customers import CampaignKind


class RewardKind(Word):
    """What a campaign or an order can grant."""

    COUPON = "coupon"
    STORE_CREDIT = "store_credit"
    POINTS = "points"


class RewardBody(Answer):
    """`amount` in minor units, or whole points."""

    kind: RewardKind
    amount: int


class CampaignAnswer(Answer):
    """A campaign as it is stored."""

    name: str
    kind: CampaignKind
    starts_at: datetime
    ends_at: datetime
    currency: str | None = None
    high_value: bool = False
    threshold: int | None = None
    reward: RewardBody | None = None
    repeat: bool = False
    discount: int | None = None
    limit_per_customer: int | None = None
    restore_on_refund: bool = True
    campaign_id: str


class CampaignBody(Body):
    """A campaign (rule 21)."""

    name: str
    kind: CampaignKind
    starts_at: datetime
    ends_at: datetime
    currency: str | None = None
    high_value: bool = False
    threshold: int | None = None
    reward: RewardBody | None = None
    repeat: bool = False
    discount: int | None = None
    limit_per_customer: int | None = None
    restore_on_refund: bool = True
