"""Customers, their points, coupons and campaigns."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.schemas.common import (
    MOST_MINOR,
    Currency,
    Flag,
    Id,
    Locale,
    Metadata,
    Minor,
    Name,
    Points,
    Quantity,
    Text,
    Time,
    Wire,
)
from api.schemas.rights import RefundRights
from domain.campaigns import CampaignKind
from domain.coupons import CouponStatus
from domain.orders import RewardKind


class CustomerBody(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "李雷", "email": "lilei@example.com", "locale": "zh-CN"}]}
    )

    name: Name | None = None
    email: Annotated[Text, Field(max_length=320)] | None = None
    phone: Annotated[Text, Field(max_length=40)] | None = None
    locale: Locale = Field(
        default="en", description="the language the customer is told in, as BCP 47 writes it; `zh_CN` is `zh-CN`"
    )
    registered_at: Time | None = None
    metadata: Metadata = Field(default_factory=dict)


class PointsBalance(Wire):
    """`held` is about to be taken back by refunds in flight."""

    balance: int
    held: int


class StoreCredit(Wire):
    """`balance` is in the currency of the customer's newest order; `balances` has them all."""

    balance: int
    currency: str | None
    balances: dict[str, int]


class CouponAnswer(Wire):
    coupon_id: str
    customer_id: str
    name: str
    amount: int
    currency: str
    minimum_spend: int
    valid_from: Time | None
    valid_until: Time | None
    reusable_after_refund: bool
    status: CouponStatus
    held_by: str | None = Field(description="the refund that is about to take it back: don't let it be spent (rule 42)")


class StandingAnswer(Wire):
    """Where the customer stands in a campaign; `uses` is how many orders use it up.

    `qualified`: the threshold is met, the `first_purchase` offer is open, or uses of a `limited` one are left.
    """

    campaign_id: str
    name: str
    kind: CampaignKind
    currency: str
    spend: int
    qualified: bool
    rewards_held: int
    uses: int


class ExclusiveDiscountAnswer(Wire):
    """An exclusive discount that the customer used or got back."""

    id: str
    status: Literal["active", "used"]
    valid_until: Time | None


class CustomerAnswer(CustomerBody):
    customer_id: str
    points: PointsBalance
    store_credit: StoreCredit
    owed: dict[str, int] = Field(description="what could not be deducted from refunds, by currency (rule 10)")
    coupons: list[CouponAnswer]
    campaigns: list[StandingAnswer]
    exclusive_discounts: list[ExclusiveDiscountAnswer]
    tier: str | None
    refund_rights: RefundRights


class PointsBody(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"points": 500, "note": "opening balance"}]})

    points: Annotated[int, Field(strict=True, ge=-MOST_MINOR, le=MOST_MINOR)]
    note: Text = ""
    expires_at: Time | None = None


class PointsAnswer(Wire):
    customer_id: str
    points: PointsBalance


class CouponBody(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "c1",
                    "name": "¥100 off",
                    "amount": 10_000,
                    "currency": "CNY",
                    "minimum_spend": 50_000,
                    "valid_from": "2026-11-01T00:00:00Z",
                    "valid_until": "2026-12-01T00:00:00Z",
                }
            ]
        }
    )

    customer_id: Id
    name: Name
    amount: Minor
    currency: Currency
    minimum_spend: Minor = 0
    valid_from: Time | None = None
    valid_until: Time | None = None
    reusable_after_refund: Flag = True


class RewardBody(Wire):
    """`amount` in minor units, or whole points."""

    kind: RewardKind
    amount: Points


class CampaignBody(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "满1000元返200元",
                    "kind": "spend_threshold",
                    "starts_at": "2026-11-01T00:00:00Z",
                    "ends_at": "2026-12-01T00:00:00Z",
                    "threshold": 100_000,
                    "reward": {"kind": "store_credit", "amount": 20_000},
                }
            ]
        }
    )

    name: Name
    kind: CampaignKind
    starts_at: Time
    ends_at: Time
    currency: Currency | None = None
    high_value: Flag = False
    threshold: Minor | None = None
    reward: RewardBody | None = None
    repeat: Flag = False
    discount: Minor | None = None
    limit_per_customer: Quantity | None = None
    restore_on_refund: Flag = True


class CampaignAnswer(CampaignBody):
    campaign_id: str
