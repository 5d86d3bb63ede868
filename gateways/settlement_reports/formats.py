"""Which settlement reports can be read: one line for each format."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from domain.payout.settlement_reports import SettlementLine
from gateways.settlement_reports import adyen, alipay, paypal, paypal_search, shopify, stripe, wechat_pay

FORMATS: Mapping[str, Callable[[BinaryIO], Iterator[SettlementLine]]] = {
    "stripe": stripe.read,
    "wechat_pay": wechat_pay.read,
    "alipay": alipay.read,
    "shopify": shopify.read,
    "paypal": paypal.read,
    "paypal_search": paypal_search.read,
    "adyen": adyen.read,
}
