"""What a database that came back from an older copy can't know: refunds at those who give no list of them (rule 36)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from db import payouts, restores
from db.read_models import Payout


@dataclass(frozen=True, slots=True)
class Gap:
    """`until` is when the database was brought back, `look_in` where people see all refunds of the payment."""

    charge_ref: str
    until: datetime
    look_in: str

    @property
    def name(self) -> str:
        """By what it is remembered that people have looked, among the refunds that they know."""
        return f"{self.charge_ref} until {self.until.astimezone(UTC).isoformat()}"

    @property
    def in_words(self) -> str:
        """Say what is not known, and where people look it up."""
        when = f"{self.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return (
            f"the database came back from an older copy at {when}, and what was paid back of it before that is listed "
            f"to nobody: look for refunds of {self.charge_ref} in {self.look_in}"
        )


class ListedToNobody(Exception):
    """A share is not to be asked for until a person has looked what was paid back of its payment."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.in_words)


async def find_gap(connection: AsyncConnection, payout: Payout, look_in: str) -> Gap | None:
    """Say what is not known of a share's payment; nothing where people have looked, or it was captured later."""
    until = await restores.of_payments(connection, payout.merchant_id, payout.order_id)
    if until is None:
        return None
    gap = Gap(payout.charge_ref, until, look_in)
    have_looked = await payouts.accepted(connection, payout.merchant_id, payout.gateway, [gap.name])
    return None if have_looked else gap
