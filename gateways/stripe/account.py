"""A merchant's account at Stripe, and what has to be known of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """`account`: a connected account that the key acts for. `base_address`: where Stripe is. Both empty: as usual."""

    api_key: str = field(repr=False)
    account: str = ""
    base_address: str = ""
