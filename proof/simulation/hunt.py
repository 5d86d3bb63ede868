"""`make simulate-mutants`: each mutant in turn, until the simulation notices it. A simulation must be able to fail."""

from typing import Any

from proof.simulation.activity_mutants import ACTIVITY_MUTANTS
from proof.simulation.choices import DISPUTES, SYSTEMS, TRANSFERS, Choices
from proof.simulation.dispute_mutants import DISPUTE_MUTANTS
from proof.simulation.mutants import WORKFLOW_MUTANTS
from proof.simulation.mutation import Mutant, mutated
from proof.simulation.payment_mutants import PAYMENT_MUTANTS
from proof.simulation.schedule import Played, play
from proof.simulation.settlement_mutants import SETTLEMENT_MUTANTS
from proof.simulation.systems_mutants import SYSTEMS_MUTANTS
from proof.simulation.transfer_mutants import TRANSFER_MUTANTS
from proof.simulation.version_mutants import VERSION_MUTANTS
from proof.simulation.ware_mutants import WARE_MUTANTS
from proof.simulation.word_mutants import WORD_MUTANTS

MUTANTS: tuple[Mutant, ...] = (
    *WORKFLOW_MUTANTS,
    *WORD_MUTANTS,
    *ACTIVITY_MUTANTS,
    *SETTLEMENT_MUTANTS,
    *WARE_MUTANTS,
    *PAYMENT_MUTANTS,
    *VERSION_MUTANTS,
    *DISPUTE_MUTANTS,
    *TRANSFER_MUTANTS,
    *SYSTEMS_MUTANTS,
)


def hunt(seed: int, schedules: int) -> dict[str, Any]:
    """Play at most so many schedules with each mutant; tell which were noticed."""
    missed: list[str] = []
    for mutant in MUTANTS:
        found = find(mutant, seed, schedules)
        if found is None:
            missed.append(mutant.name)
        print(f"{mutant.name}: " + (f"after {found[0]}, {found[1].wrongs[0]:.120}" if found else "MISSED"))
    return {"mutants": len(MUTANTS), "caught": len(MUTANTS) - len(missed), "missed": missed}


def find(mutant: Mutant, seed: int, schedules: int) -> tuple[int, Played] | None:
    """The first schedule in which a mutant shows, and how many it took; None where none of them notices.

    One of disputes, of transfers or of other systems is looked for where there are any.
    """
    disputes = 1.0 if mutant in DISPUTE_MUTANTS else DISPUTES
    transfers = 1.0 if mutant in TRANSFER_MUTANTS else TRANSFERS
    systems = 1.0 if mutant in SYSTEMS_MUTANTS else SYSTEMS
    with mutated(mutant) as workflow:
        for count, each in enumerate(range(seed, seed + schedules), start=1):
            played = play(Choices(each, disputes=disputes, transfers=transfers, systems=systems), workflow)
            if played.wrongs:
                return count, played
    return None
