"""How long a session may stand unused; a deployment may set the minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Idle:
    """A shop's page is left on a phone, a desk is left for a while; both have a session that ends by itself later."""

    customers: timedelta = timedelta(minutes=10)
    staff: timedelta = timedelta(minutes=15)

    @classmethod
    def of(cls, minutes: Mapping[str, int]) -> "Idle":
        """Take the minutes that a deployment says; raises ValueError for what is no session."""
        if unknown := minutes.keys() - set(cls.__dataclass_fields__):
            names = ", ".join(cls.__dataclass_fields__)
            raise ValueError(f"MAKEWHOLE_IDLE_MINUTES names {', '.join(sorted(unknown))}: there is {names}")
        return cls(**{name: timedelta(minutes=most) for name, most in minutes.items()})
