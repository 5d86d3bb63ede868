"""What Adyen allows and says of itself, each with its source; all read on 2026-11-29."""

from datetime import timedelta

KEYS_ARE_GOOD_FOR = timedelta(days=6)
"""So long is a request sent again: they keep an idempotency key for at least seven days
(docs.adyen.com/development-resources/api-idempotency), and a day is left for clocks that differ."""

AGAIN_AFTER = timedelta(seconds=10)
"""Our own, after 429, where no Retry-After says otherwise: they name no time."""
