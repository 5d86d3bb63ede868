"""How an intent's key becomes PayPal's names: of the refund, for ever, and of the request, for as long as they keep it.

Their description lets a refund answer with fewer characters than it takes: letters, digits and `-_.,`.
"""

import hashlib

from gateways.paypal.limits import MOST_CHARACTERS_OF_REQUEST_ID
from gateways.refund_names import key_of, refund_no

_OURS, _THEIRS = "*@", ".,"
"""What begins a key that had to be written otherwise, in our names of refunds and in theirs."""


def custom_id(key: str) -> str:
    return refund_no(key).translate(str.maketrans(_OURS, _THEIRS))


def key_of_custom_id(name: str) -> str:
    return key_of(name.translate(str.maketrans(_THEIRS, _OURS))) if name[:1] in _THEIRS and name else name


def request_id(key: str) -> str:
    name = custom_id(key)
    if len(name) <= MOST_CHARACTERS_OF_REQUEST_ID:
        return name
    return hashlib.sha256(key.encode()).hexdigest()[:MOST_CHARACTERS_OF_REQUEST_ID]
