"""When money that was paid back is with the customer, as providers say themselves: a day only where one says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from domain.sale.payments import PaymentMethod

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class PayoutArrival:
    """What is known of a payout's way: the number that a bank finds it by, and until when it is with the customer."""

    trace_number: str | None = None
    expected_by: datetime | None = None


UNKNOWN = PayoutArrival()


@dataclass(frozen=True, slots=True)
class ArrivalDays:
    """How many days a provider needs at most, where that is said, and on which day it was read there.

    Of business days only those from Monday to Friday are counted: each bank has holidays of its own.
    """

    days: int
    are_business_days: bool
    source: str
    read_on: date


_STRIPE = "https://support.stripe.com/questions/customer-refund-processing-time: 5 to 10 business days"
_SANDBOX = "gateways/sandbox/behaviours.py: what is pending there is decided within seconds, or when it is told to"
_PAYPAL = "https://www.paypal.com/nz/smarthelp/article/how-is-a-paypal-refund-credited-faq1083: up to 30 days"
_WECHAT_PAY = (
    "https://pay.weixin.qq.com/wiki/doc/api/wxpay/en/pages/ico-guide/chapter1_5.shtml: bank cards in 2 to 5 working "
    "days, the wallet at once; which of them it was, a payment does not say"
)
_READ = date(2026, 11, 29)
_READ_LATER = date(2026, 11, 30)

TABLE: Mapping[tuple[str, PaymentMethod], ArrivalDays] = MappingProxyType(
    {
        ("sandbox", PaymentMethod.CARD): ArrivalDays(1, are_business_days=False, source=_SANDBOX, read_on=_READ),
        ("stripe", PaymentMethod.CARD): ArrivalDays(10, are_business_days=True, source=_STRIPE, read_on=_READ),
        ("paypal", PaymentMethod.CARD): ArrivalDays(30, are_business_days=False, source=_PAYPAL, read_on=_READ),
        ("wechat_pay", PaymentMethod.WECHAT_PAY): ArrivalDays(
            5, are_business_days=True, source=_WECHAT_PAY, read_on=_READ_LATER
        ),
    }
)
"""By provider and way to pay; of what is not there nobody knows.

Adyen says up to 40 business days of whatever way to pay (docs.adyen.com/online-payments/refund), and so of none; Alipay
says it of each refund to a bank card by itself.
"""


def expected_by(provider: str, method: PaymentMethod, accepted_at: datetime) -> datetime | None:
    """Return the end of the last day, in UTC, by which the provider says that the money arrives; None: nobody knows."""
    row = TABLE.get((provider, method))
    if row is None:
        return None
    last = _later(accepted_at.astimezone(UTC).date(), row)
    return datetime.combine(last, time.max, UTC)


def _later(day: date, row: ArrivalDays) -> date:
    left = row.days
    while left:
        day += timedelta(days=1)
        left -= not row.are_business_days or day.weekday() < _SATURDAY
    return day
