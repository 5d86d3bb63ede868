"""What Alipay allows, each with its source; all read on 2026-11-29."""

from datetime import timedelta

MOST_CHARACTERS_OF_ORDER_NO = 64
"""An `out_trade_no`: open.fliggy.com/docs/api.htm?apiId=1049&docType=4."""

AGAIN_AFTER = timedelta(seconds=1)
"""Our own, after a limit of calls, where no Retry-After says otherwise: they name no time."""

LOG_AT_ONCE = 2_000
"""So many lines has a page of the account's log: Alipay.AopSdk.Core, AlipayDataBillAccountlogQueryModel."""

LOG_SPANS = timedelta(days=31)
"""So long may the time be that is asked for at once: alipay-sdk-php-all, AlipayDataBillAccountlogApi."""

LOG_IS_KEPT = timedelta(days=365)
"""So far back the log can be asked for: alipay-sdk-php-all, AlipayDataBillAccountlogApi."""
