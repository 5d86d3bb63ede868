"""What is limited, and how often it may be done in which time; a deployment may set the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quota:
    """`most` of something in each `window`, which begins with the first."""

    name: str
    most: int
    window: timedelta = _HOUR


@dataclass(frozen=True, slots=True)
class Quotas:
    """Codes are limited for each order, each e-mail or phone and each caller; guesses and challenges for each caller.

    So are sign-ins of staff, of whom many may come from one address.

    Pictures are limited for each customer, and for each API key of a merchant, which sends those of many.

    Requests are limited for each API key, and for each customer with all keys and sessions: far above what anybody
    needs, so that whoever comes there has a fault, or is one.
    """

    codes_per_order: Quota = Quota("codes_per_order", 10)
    codes_per_contact: Quota = Quota("codes_per_contact", 10, timedelta(days=1))
    codes_per_caller: Quota = Quota("codes_per_caller", 30)
    guesses_per_caller: Quota = Quota("guesses_per_caller", 60)
    challenges_per_caller: Quota = Quota("challenges_per_caller", 120)
    sign_ins_per_caller: Quota = Quota("sign_ins_per_caller", 200)
    pictures_per_customer: Quota = Quota("pictures_per_customer", 100)
    pictures_per_key: Quota = Quota("pictures_per_key", 10_000)
    requests_per_key: Quota = Quota("requests_per_key", 60_000, _MINUTE)
    requests_per_customer: Quota = Quota("requests_per_customer", 600, _MINUTE)

    @classmethod
    def of(cls, said: Mapping[str, int]) -> "Quotas":
        """Take the numbers that a deployment says; raises ValueError for what is not limited."""
        usual = cls()
        if unknown := said.keys() - set(cls.__dataclass_fields__):
            names = ", ".join(cls.__dataclass_fields__)
            raise ValueError(f"MAKEWHOLE_LIMITS names {', '.join(sorted(unknown))}: there is {names}")
        return replace(usual, **{name: replace(getattr(usual, name), most=most) for name, most in said.items()})
