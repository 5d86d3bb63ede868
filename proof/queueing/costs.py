"""What a plain refund costs, as one run of the bench measured it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

STATEMENTS = 72
STATEMENTS_OF_POST = 14
STEPS = 7
TELLING = 6
"""So many of its transactions tell of news, which commit one after another (a guess, as docs/scale.md says)."""

_AT_TEMPORAL = 3
"""Its server is asked to begin a workflow, hands its task to a worker, and takes down what became of it."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a core for one refund, by program; `beside` is that of programs on which nobody waits."""

    caller: float
    api: float
    postgres: float
    temporal: float
    worker: float
    provider: float
    beside: float = 0.0

    @classmethod
    def measured(cls, cpu_ms: Mapping[str, float]) -> Self:
        """Of the bench's `cpu_ms`, by program; one that is not named did nothing."""
        names = ("caller", "api", "postgres", "temporal", "worker", "provider")
        beside = cpu_ms.get("door", 0.0) + cpu_ms.get("lane", 0.0)
        return cls(*(ms / 1_000 for ms in (*(cpu_ms.get(name, 0.0) for name in names), beside)))

    @property
    def whole(self) -> float:
        return self.caller + self.api + self.postgres + self.temporal + self.worker + self.provider + self.beside

    @property
    def statement(self) -> float:
        """What PostgreSQL does for one statement."""
        return self.postgres / STATEMENTS

    @property
    def of_api(self) -> float:
        """What the API does before each statement, and at the end."""
        return self.api / (STATEMENTS_OF_POST + 1)

    @property
    def of_worker(self) -> float:
        """What a worker does before each statement, when it takes up a task, and when it gives it back."""
        return self.worker / (STATEMENTS - STATEMENTS_OF_POST + 2)

    @property
    def of_temporal(self) -> float:
        return self.temporal / _AT_TEMPORAL


@dataclass(frozen=True, slots=True)
class Measured:
    """What the bench saw of plain refunds by so many callers; times are in milliseconds.

    others: how many cores were in use by others meanwhile.
    """

    callers: int
    count: int
    per_s: float
    submit_ms: tuple[float, float]
    completed_ms: tuple[float, float]
    costs: Costs
    others: float = 0.0

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        submit, completed = tuple(told["submit_ms"]), tuple(told["completed_ms"])
        costs, others = Costs.measured(told["cpu_ms"]), told.get("others_cores", 0.0)
        return cls(told["callers"], told["count"], told["per_s"], submit, completed, costs, others)
