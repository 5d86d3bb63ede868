"""What PayPal allows and says of itself, each with its source; all read on 2026-11-29."""

from datetime import timedelta

MOST_CHARACTERS_OF_REQUEST_ID = 38
"""A `PayPal-Request-Id`: the fewest that any of their APIs takes, as that of refunds names no number.

developer.paypal.com/api/rest/reference/idempotency; the description of Payments v2 says that it is kept for 45 days.
"""

SEARCHED_AT_ONCE = timedelta(days=31)
"""So long may the time be that is searched: developer.paypal.com/docs/api/transaction-search/v1."""

SEARCHED_AFTER = timedelta(hours=3)
"""So long it takes at most until the search has a transaction: developer.paypal.com/docs/api/transaction-search/v1."""

LISTED_AT_ONCE = 500
"""So many transactions has a page: developer.paypal.com/docs/api/transaction-search/v1."""

WEBHOOKS_ARE_GOOD_FOR = timedelta(days=4)
"""They send a webhook again for three days (developer.paypal.com/api/rest/webhooks/rest), and don't say whether each
time with a new time: so one of three days ago may be true. What is played again has an id that was handled before."""

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""Our own: what was signed so far in the future was not signed by them."""

AGAIN_AFTER = timedelta(seconds=10)
"""Our own, after 429, where no Retry-After says otherwise: they name no time."""
