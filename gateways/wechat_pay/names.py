"""What WeChat Pay calls a payment: which of an order's `gateway_ref` may be one."""

import re

from gateways.wechat_pay.limits import (
    DIGITS_OF_TRANSACTION_ID,
    FEWEST_CHARACTERS_OF_ORDER_NO,
    MOST_CHARACTERS_OF_ORDER_NO,
)

_ORDER_NO = re.compile(rf"[0-9A-Za-z_\-|*@]{{{FEWEST_CHARACTERS_OF_ORDER_NO},{MOST_CHARACTERS_OF_ORDER_NO}}}")
_TRANSACTION_ID = re.compile(rf"[0-9]{{{DIGITS_OF_TRANSACTION_ID}}}")


def names_of_charge(charge_ref: str) -> list[tuple[str, str]]:
    """Return as what an order's `gateway_ref` may be known there, best first: nothing where none of theirs looks so."""
    names = []
    if _TRANSACTION_ID.fullmatch(charge_ref):
        names.append(("transaction_id", charge_ref))
    if _ORDER_NO.fullmatch(charge_ref):
        names.append(("out_trade_no", charge_ref))
    return names
