"""Which task queues a worker serves, and how many payouts a second each provider is asked for by all workers together.

The refunds themselves are on one queue, and each provider is asked on another, which has slots and a rate cap of its
own: so none waits for another, and workers can be split by queue (docs/decisions/0113-a-queue-for-each-provider.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gateways.refund_limits import refunds_a_second
from gateways.registry import PAYERS
from workflows.contract import PAYOUTS, TASK_QUEUE, payout_queue

_SETTING = "MAKEWHOLE_TASK_QUEUES"
_RATES = "MAKEWHOLE_PAYOUTS_A_SECOND"


@dataclass(frozen=True, slots=True)
class ServedQueues:
    """`is_for_refunds`: the queue of the refunds themselves; `providers`: those who are asked here."""

    is_for_refunds: bool
    providers: tuple[str, ...]

    @classmethod
    def read(cls, named: Collection[str]) -> "ServedQueues":
        """Read names of queues, of which `payouts` stands for those of all providers; none is every queue.

        Raises ValueError for a name that no queue has.
        """
        wanted = set(named or (TASK_QUEUE, PAYOUTS))
        queues = {payout_queue(provider): provider for provider in PAYERS}
        if unknown := sorted(wanted - queues.keys() - {TASK_QUEUE, PAYOUTS}):
            there_is = ", ".join((TASK_QUEUE, PAYOUTS, *queues))
            raise ValueError(f"{_SETTING} names {', '.join(unknown)}: there is {there_is}")
        asked = (provider for queue, provider in queues.items() if not wanted.isdisjoint((queue, PAYOUTS)))
        return cls(TASK_QUEUE in wanted, tuple(asked))

    @property
    def names(self) -> tuple[str, ...]:
        return (*((TASK_QUEUE,) if self.is_for_refunds else ()), *map(payout_queue, self.providers))


@dataclass(frozen=True, slots=True)
class RateCaps:
    """How often each provider may be asked in a second: half of it at once, beside the refund, and half by its queue.

    Who is not named has no cap.
    """

    a_second: Mapping[str, float]

    @classmethod
    def read(cls, named: Sequence[str]) -> "RateCaps":
        """Read `provider=number` each, in place of what the provider says of everybody; `none` is no cap.

        Raises ValueError.
        """
        caps = refunds_a_second()
        for provider, _, number in (each.partition("=") for each in named):
            if provider not in PAYERS:
                raise ValueError(f"{_RATES} names {provider!r}: there is {', '.join(PAYERS)}")
            if number == "none":
                caps.pop(provider, None)
            else:
                caps[provider] = _number(provider, number)
        return cls(caps)

    def half(self, provider: str) -> float | None:
        """What its queue may have, and as much what is asked at once; None without a cap."""
        cap = self.a_second.get(provider)
        return None if cap is None else cap / 2


def _number(provider: str, written: str) -> float:
    try:
        number = float(written)
    except ValueError:
        number = 0
    if not 0.001 <= number <= 10_000:
        raise ValueError(f"{_RATES} is wrong at {provider}: write {provider}=25, from 0.001 to 10000 a second, or none")
    return number
