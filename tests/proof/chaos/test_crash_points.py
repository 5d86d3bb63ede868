"""A worker dies exactly where it is asked to, and nowhere else."""

import signal
import subprocess
import sys
from pathlib import Path

from db import steps, words
from db.engine import open_engine
from domain.said import Word, WordKind
from proof.chaos.crash_points import CrashPoint, CrashPoints
from tests.shop import Shop
from tools.stack.stack import Stack

REACH = """
import sys
from pathlib import Path
from proof.chaos.crash_points import CrashPoints
CrashPoints(Path(sys.argv[1])).reach(sys.argv[2])
"""


def reach(request: Path, point: CrashPoint) -> int:
    return subprocess.run([sys.executable, "-c", REACH, str(request), point], cwd=Path(__file__).parents[3]).returncode


def test_a_worker_kills_itself_at_the_point_that_is_asked_for_and_only_once(tmp_path: Path) -> None:
    request = tmp_path / "crash-at"
    request.write_text(CrashPoint.ASKED)

    first, again = reach(request, CrashPoint.ASKED), reach(request, CrashPoint.ASKED)

    assert (first, again) == (-signal.SIGKILL, 0)


def test_another_point_and_no_request_at_all_harm_nobody(tmp_path: Path) -> None:
    request = tmp_path / "crash-at"

    without = reach(request, CrashPoint.ASKED)
    request.write_text(CrashPoint.BOOKED)
    other = reach(request, CrashPoint.ASKED)

    assert (without, other) == (0, 0) and request.exists()


class Reached(CrashPoints):
    """Notes where a worker would have died."""

    def __init__(self) -> None:
        self.points: list[CrashPoint] = []

    def reach(self, point: CrashPoint) -> None:
        self.points.append(point)


async def test_every_deed_that_claims_a_step_or_notes_a_word_comes_to_its_points(stack: Stack, shop: Shop) -> None:
    await shop.order()
    refund = await shop.merchant.post("/v1/refunds", {"order_id": "o1", "reason": "changed_mind", "kind": "return"})
    engine, reached = open_engine(stack.description.owner_database_url, pool_size=1), Reached()
    reached.watch(engine)
    async with engine.begin() as connection:
        await steps.lock_and_claim(connection, refund["refund_id"], "a step")
    of_a_step = tuple(reached.points)
    reached.points.clear()
    async with engine.begin() as connection:
        await words.take(connection, refund["refund_id"], 1, Word("a word", WordKind.RESOLVE, "", "run", 9), {})
    await engine.dispose()

    assert of_a_step == (CrashPoint.CLAIMED, CrashPoint.BOOKING, CrashPoint.BOOKED)
    assert reached.points == [CrashPoint.CLAIMED, CrashPoint.BOOKING, CrashPoint.NOTED, CrashPoint.BOOKED]
