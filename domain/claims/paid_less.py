"""What returned units paid less for money off their lines that was given up after all."""

from collections.abc import Collection

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.money.amounts import Money


def claim_what_was_paid_less(position: OrderPosition, line_ids: Collection[str]) -> tuple[Claim, ...]:
    """Claim of these lines what their returned units were worth more than they paid, once (rules 5 and 52).

    A unit pays what adjustments and lost disputes left of it. Where one of these is refused, or won after all, the unit
    has paid too little, and no unit is left to bring the rest. What others have asked for of it is theirs.
    """
    due = ((position.line(line_id), _due(position, line_id)) for line_id in line_ids)
    return tuple(line.claim_amount(amount) for line, amount in due if amount)


def _due(position: OrderPosition, line_id: str) -> Money:
    settled = position.line_after(line_id, ()).owed_for_units
    return settled.at_most(position.line(line_id).owed_for_units)
