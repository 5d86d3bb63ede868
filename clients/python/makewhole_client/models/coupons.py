# Written by `make client`; change the document, or the async half, instead.
"""Models: coupons."""

from datetime import datetime

from makewhole_client.model_base import Body


class CouponBody(Body):
    """A coupon as the merchant issues it."""

    customer_id: str | None = None
    name: str
    amount: int | None = None
    rate_bp: int | None = None
    max_amount: int | None = None
    max_uses: int | None = None
    max_uses_per_customer: int | None = None
    currency: str
    minimum_spend: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reusable_after_refund: bool = True
