"""Playing all cases of an act at once, to an end that is always reached, and last the auditor's."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.demo.cases.books import BOOKS
from tools.demo.cases.case import Case, CaseOutcome
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.shop import DemoShop

_AUDIT_WITHIN_S = 75.0


class Audience(Protocol):
    """Whoever watches the cases being played."""

    def sees(self, case: Case, doing: str) -> None: ...

    def applauds(self, outcome: CaseOutcome) -> None: ...


def nobody() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class DemoDeadline:
    """How long all cases together may take.

    An attempt that died with its worker is only repeated after its timeout, so each restart that `restarts` counts
    earns them more time; `at_most_s` is the end in any case.
    """

    within_s: float = 75.0
    per_restart_s: float = 25.0
    at_most_s: float = 300.0
    restarts: Callable[[], int] = nobody

    @property
    def seconds(self) -> float:
        return min(self.within_s + self.per_restart_s * self.restarts(), self.at_most_s)


async def play_all(
    shop: DemoShop, cases: Sequence[Case], audience: Audience, deadline: DemoDeadline | None = None
) -> list[CaseOutcome]:
    """Play an act and let the auditor come."""
    return await play(shop, cases, audience, deadline or DemoDeadline()) + await audit(shop, audience)


async def audit(shop: DemoShop, audience: Audience) -> list[CaseOutcome]:
    """Play the books, which comes last."""
    return await play(shop, [BOOKS], audience, DemoDeadline(within_s=_AUDIT_WITHIN_S))


async def play(shop: DemoShop, cases: Sequence[Case], audience: Audience, deadline: DemoDeadline) -> list[CaseOutcome]:
    """Play the cases of an act at the same time; never raises for what a case does."""
    began, time_is_up = time.monotonic(), asyncio.Event()
    plays = [asyncio.create_task(_play_one(shop, case, audience, time_is_up)) for case in cases]
    try:
        while any(not play.done() for play in plays) and time.monotonic() - began < deadline.seconds:
            await asyncio.wait(plays, timeout=0.2)
        time_is_up.set()
    finally:
        for play in plays:
            play.cancel()
    return list(await asyncio.gather(*plays))


async def _play_one(shop: DemoShop, case: Case, audience: Audience, time_is_up: asyncio.Event) -> CaseOutcome:
    case_run = CaseRun(shop, case.person, lambda doing: audience.sees(case, doing))
    began, trouble = time.monotonic(), None
    try:
        await case.play(case_run)
    except asyncio.CancelledError:
        if not time_is_up.is_set():
            raise
        trouble = f"the time was up while {case_run.doing}"
    except Exception as error:  # whatever it is, the other cases go on and the story tells it
        trouble = f"{type(error).__name__} while {case_run.doing}: {error}"
    outcome = CaseOutcome(case, case_run, time.monotonic() - began, trouble)
    audience.applauds(outcome)
    return outcome
