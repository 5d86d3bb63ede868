"""A worker dies exactly where it is asked to, and nowhere else."""

import signal
import subprocess
import sys
from pathlib import Path

from proof.chaos.crash_points import CrashPoint

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
