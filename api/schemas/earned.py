"""What an order earned and granted beside money: points of some lines, coupons, store credit."""

from typing import Literal, Self

from pydantic import Field, model_validator

from api.schemas.common import Flag, Id, Minor, Points, Time, Wire, is_empty
from api.schemas.faults import FieldFault
from domain.sale.orders import RewardKind

GrantedKind = Literal[RewardKind.COUPON, RewardKind.STORE_CREDIT]


class EarnedLotBody(Wire):
    """Points that the order earned for some of its lines."""

    points: Points = Field(description="Whole points.")
    line_ids: list[Id] = Field(
        default_factory=list,
        max_length=2_000,
        description="The lines that earned them, with which they go back; empty means all goods (rule 19).",
    )
    expires_at: Time | None = Field(default=None, description="Until when they are good. Left out: without an end.")
    fixed: Flag = Field(
        default=False,
        description="Whether they go back only with the last unit of the order, whatever its lines: a welcome bonus.",
    )

    @model_validator(mode="after")
    def _is_fixed_or_of_lines(self) -> Self:
        if self.fixed and self.line_ids:
            raise FieldFault("fixed points are for the order, not for some of its lines", "line_ids")
        return self


class OrderRewardBody(Wire):
    """Something the order itself granted: `coupon_id` for a coupon, `amount` for store credit."""

    kind: GrantedKind = Field(description="What it is.")
    coupon_id: Id | None = Field(default=None, description="The coupon that was granted. Only with kind `coupon`.")
    amount: Minor | None = Field(
        default=None,
        description=(
            "The credit that was granted, in minor units of the order's currency. Only with kind `store_credit`."
        ),
    )
    line_ids: list[Id] = Field(
        default_factory=list,
        max_length=2_000,
        description="the lines it was granted for, with which it goes back; empty means all goods (rule 45)",
    )
    customer_id: Id | None = Field(
        default=None,
        exclude_if=is_empty,
        description="Somebody else whom it was granted to, for a referral or as a commission: it goes back from them, "
        "and what they have spent of it they owe; the refund is not less for it. Left out: who bought the order.",
    )
    expires_at: Time | None = Field(
        default=None,
        exclude_if=is_empty,
        description="Until when the credit can be spent; what is unspent then is gone, and does not go back once more. "
        "Only with kind `store_credit`: a coupon has its own end. Left out: without an end.",
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.kind is RewardKind.COUPON and (self.coupon_id is None or self.amount is not None):
            raise FieldFault(
                "a coupon that was granted is named in coupon_id, and has its amount there",
                "coupon_id" if self.coupon_id is None else "amount",
            )
        if self.kind is RewardKind.STORE_CREDIT and (self.amount is None or self.coupon_id is not None):
            raise FieldFault(
                "store credit that was granted has an amount, and no coupon_id",
                "amount" if self.amount is None else "coupon_id",
            )
        if self.kind is RewardKind.COUPON and self.expires_at is not None:
            raise FieldFault("a coupon has its own valid_until; expires_at is for store credit", "expires_at")
        return self
