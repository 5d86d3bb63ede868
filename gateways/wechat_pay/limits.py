"""What WeChat Pay allows, each with its source; all read on 2026-11-29. Of refunds: `gateways/refund_limits.py`."""

from datetime import timedelta

AGAIN_AFTER = timedelta(minutes=1)
"""After FREQUENCY_LIMITED, where no Retry-After says otherwise: pay.weixin.qq.com/doc/v3/partner/4013163613, note 2."""

FEWEST_CHARACTERS_OF_ORDER_NO, MOST_CHARACTERS_OF_ORDER_NO = 6, 32
"""An `out_trade_no`, of the same characters: pay.weixin.qq.com/wiki/doc/apiv3_partner/apis/chapter5_1_14.shtml."""

DIGITS_OF_TRANSACTION_ID = 28
"""As those of all examples: w3cschool.cn/weixinapp/weixinapp-l9w738lu.html gives String(28)."""

LISTED_AT_ONCE = 10
"""So many refunds come in one answer of `refundquery`: pay.weixin.qq.com/doc/v2/merchant/4011985140."""

BILLS_ARE_KEPT_DAYS = 90
"""Bills of three months can be fetched: pay.weixin.qq.com/doc/v3/merchant/4012556654."""

STILL_ON_THEIR_WAY = timedelta(days=7)
"""So long a refund is looked for that a bill has as on its way; that of a day is never changed. They name no time."""

SIGNATURES_ARE_GOOD_FOR = timedelta(minutes=5)
"""What was signed longer ago is refused, as it may be played again: pay.weixin.qq.com/doc/v3/partner/4013059030."""
