# Written by `make client`; change the document, or the async half, instead.
"""Operations: health."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import health as calls
from makewhole_client.models import Alive, Ready


class HealthCalls(Asks):
    def check_liveness(
        self,
    ) -> Alive:
        """Tell that the process answers; it asks nobody else."""
        return self._ask(calls.check_liveness())

    def check_readiness(
        self,
    ) -> Ready:
        """Tell whether Postgres and Temporal answer, and whether their clocks are this machine's."""
        return self._ask(calls.check_readiness())
