# Written by `make client`; change the document, or the async half, instead.
"""Requests: coupons."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CouponAnswer, CouponBody


def put_coupon(coupon_id: str, body: CouponBody) -> Call[CouponAnswer]:
    return Call("PUT", f"/v1/coupons/{call.in_path(coupon_id)}", call.json_of(CouponAnswer), body=body)


def get_coupon(coupon_id: str) -> Call[CouponAnswer]:
    return Call("GET", f"/v1/coupons/{call.in_path(coupon_id)}", call.json_of(CouponAnswer))
