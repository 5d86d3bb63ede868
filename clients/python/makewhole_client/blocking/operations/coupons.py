# Written by `make client`; change the document, or the async half, instead.
"""Operations: coupons."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import coupons as calls
from makewhole_client.models import CouponAnswer, CouponBody


class CouponsCalls(Asks):
    def put_coupon(self, coupon_id: str, body: CouponBody) -> CouponAnswer:
        """Store a coupon; whether it is used follows from the orders that used it, and time given back stays (rule
        43)."""
        return self._ask(calls.put_coupon(coupon_id, body))

    def get_coupon(self, coupon_id: str) -> CouponAnswer:
        """Read a coupon and how it stands."""
        return self._ask(calls.get_coupon(coupon_id))
