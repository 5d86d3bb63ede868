"""What each provider allows of refunds: a row a limit, with its source and the day it was read."""

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
    """The limits of a provider; None: it says none, or nobody knows.

    The first three are of one payment. `refunds_a_second` is how many an account may ask for.
    """

    within_days: Sourced | None = None
    most_refunds: Sourced | None = None
    seconds_between: Sourced | None = None
    refunds_a_second: Sourced | None = None

    @property
    def rows(self) -> tuple[Sourced, ...]:
        said = self.within_days, self.most_refunds, self.seconds_between, self.refunds_a_second
        return tuple(each for each in said if each)

    @property
    def limits(self) -> RefundLimits:
        return RefundLimits(_number(self.within_days), _number(self.most_refunds), _number(self.seconds_between))


def _number(sourced: Sourced | None) -> int | None:
    return sourced.number if sourced else None


_READ = date(2026, 11, 29)
_RATES_READ = date(2026, 11, 30)
_WECHAT_PAY = "pay.weixin.qq.com/doc/v3/merchant/4012552567"
_WECHAT_YEAR = "pay.weixin.qq.com/doc/v3/partner/4013163605: within a year, counted from the payment's success"
_ALIPAY = "docs.antom.com/ac/autodebitpay/refund: by the contract, usually 12 months after the payment"
_PAYPAL = "developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/refunds: by default 180 days"
_STRIPE_RATE = "docs.stripe.com/rate-limits: each endpoint, by account"
_WECHAT_RATE = "pay.weixin.qq.com/wiki/doc/api_external/en/apis/chapter3_3_3.shtml: 5,000 a minute of old orders"
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
            Sourced(83, _WECHAT_RATE, _RATES_READ),
        ),
        "stripe": SourcedLimits(refunds_a_second=Sourced(25, _STRIPE_RATE, _RATES_READ)),
        # Twelve months of any year. Where a contract says less, the provider's no comes at the payout, as a no of any
        # other kind; a row that says less than some contract would keep money back that the provider would pay.
        "alipay": SourcedLimits(Sourced(366, _ALIPAY, _READ)),
        "paypal": SourcedLimits(Sourced(180, _PAYPAL, _READ)),
    }
)
"""By adapter. Of one payment Stripe says none for cards (stripe.com/docs/refunds), and Adyen leaves it to each way to
pay. How many a second Adyen, Alipay and PayPal take, nobody is told.
"""


def limits_of(adapter: str) -> RefundLimits:
    row = TABLE.get(adapter)
    return row.limits if row else NO_LIMITS


def refunds_a_second() -> dict[str, float]:
    """How many refunds an account of each adapter may ask for, of those that say it."""
    return {name: float(row.refunds_a_second.number) for name, row in TABLE.items() if row.refunds_a_second}
