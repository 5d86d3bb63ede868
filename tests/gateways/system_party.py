"""What the suite of all systems asks of a party: a system, what it is told, and what it has come to there."""

import asyncio
from typing import Protocol

from domain.entitlements.elsewhere import Instruction
from gateways.entitlements.contract import AnswerBody, State
from gateways.entitlements.registry import System
from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from tests.gateways.line import Line

_TRIES = 20
_PATIENCE_S = 1.0


class SystemParty(Protocol):
    """`refusal` is the code and the sentence of its no."""

    @property
    def system(self) -> System: ...

    @property
    def line(self) -> Line: ...

    @property
    def refusal(self) -> tuple[str, str]: ...

    async def wanted(self) -> Instruction:
        """Make an instruction of its own that can be done there."""
        ...

    async def times_done(self, instruction: Instruction) -> int:
        """Count how often it is done there, and not undone."""
        ...

    async def goes(self, course: str) -> None:
        """Let it do so from now on."""
        ...

    async def locks_us_out(self) -> None:
        """Let it know none of our secrets any more."""
        ...

    async def lets_us_in(self) -> None: ...


async def until_done(system: System, instruction: Instruction) -> AnswerBody:
    """Ask as the steps do, and as often as Temporal would; raises Declined."""
    for number in range(1, _TRIES + 1):
        try:
            async with asyncio.timeout(_PATIENCE_S * number):
                known = await system.look_up(instruction) if number > 1 else None
                if known is not None and known.state == State.DONE:
                    return known
                return await system.do(instruction)
        except TryLater as busy:
            await asyncio.sleep(busy.retry_after.total_seconds())
        except (TimeoutError, NoAnswer, OutOfOrder):
            pass
    raise AssertionError(f"no answer after {_TRIES} tries")


def is_no_word(trouble: BaseException) -> bool:
    """Whether nobody knows what became of it."""
    return not isinstance(trouble, Declined | TryLater | AssertionError)
