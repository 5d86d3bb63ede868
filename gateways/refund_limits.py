"""What each provider allows of refunds of one payment: a row a limit, with its source and the day it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from domain.payout.limits import NO_LIMITS, RefundLimits


@dataclass(frozen=True, slots=True)
class Sourced:
    """A number that a provider says, where it says it, and on which day it was read there."""

    number: int
    source: str
    read_on: date


@dataclass(frozen=True, slots=True)
class SourcedLimits:
    """The limits of a provider; None: it says none, or nobody knows."""

    within_days: Sourced | None = None
    most_refunds: Sourced | None = None
    seconds_between: Sourced | None = None

    @property
    def rows(self) -> tuple[Sourced, ...]:
        return tuple(each for each in (self.within_days, self.most_refunds, self.seconds_between) if each)

    @property
    def limits(self) -> RefundLimits:
        return RefundLimits(_number(self.within_days), _number(self.most_refunds), _number(self.seconds_between))


def _number(sourced: Sourced | None) -> int | None:
    return sourced.number if sourced else None


_READ = date(2026, 11, 29)
_WECHAT_PAY = "pay.weixin.qq.com/doc/v3/merchant/4012552567"
_WECHAT_YEAR = "pay.weixin.qq.com/doc/v3/partner/4013163605: within a year, counted from the payment's success"
_ALIPAY = "docs.antom.com/ac/autodebitpay/refund: by the contract, usually 12 months after the payment"
_PAYPAL = "developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/refunds: by default 180 days"
_SANDBOX = "gateways/sandbox/behaviours.py: a charge whose name says that it is limited"

TABLE: Mapping[str, SourcedLimits] = MappingProxyType(
    {
        "sandbox": SourcedLimits(
            Sourced(90, _SANDBOX, _READ), Sourced(2, _SANDBOX, _READ), Sourced(2, _SANDBOX, _READ)
        ),
        "wechat_pay": SourcedLimits(
            Sourced(365, _WECHAT_YEAR, _READ),
            Sourced(50, f"{_WECHAT_PAY}, note 4", _READ),
            Sourced(60, f"{_WECHAT_PAY}, note 9", _READ),
        ),
        # Twelve months of any year. Where a contract says less, the provider's no comes at the payout, as a no of any
        # other kind; a row that says less than some contract would keep money back that the provider would pay.
        "alipay": SourcedLimits(Sourced(366, _ALIPAY, _READ)),
        "paypal": SourcedLimits(Sourced(180, _PAYPAL, _READ)),
    }
)
"""By adapter. Stripe says none for cards (stripe.com/docs/refunds), and Adyen leaves it to each way to pay."""


def limits_of(adapter: str) -> RefundLimits:
    row = TABLE.get(adapter)
    return row.limits if row else NO_LIMITS
