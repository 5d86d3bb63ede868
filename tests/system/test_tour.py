"""The tour as a reader types it: docs/tour.sh in sh, on a stack of its own in an empty home. Needs curl and jq."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import settings_at
from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import fresh_home
from tools.stack.stack import Stack

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("locale", "told"),
    [("en", "Your refund request has been approved."), ("zh-CN", "您的退款请求已审核通过")],
)
def test_the_tour_ends_with_the_money_and_the_coupon_back(tmp_path: Path, locale: str, told: str) -> None:
    with fresh_home(tmp_path) as home, Stack(settings_at(home)):
        tour = subprocess.run(
            ["sh", "docs/tour.sh"],
            cwd=REPOSITORY,
            env={**os.environ, "MAKEWHOLE_HOME": str(home), "LOCALE": locale},
            capture_output=True,
            text=True,
            timeout=4 * IN_TIME_S,
            check=False,
        )

    assert tour.returncode == 0, tour.stdout + tour.stderr
    for word in ('"completed"', "110000", '"unused"', told):
        assert word in tour.stdout
    messages = [line for line in tour.stdout.splitlines() if not line.startswith(("{", " ", "}", '"'))]
    chinese = "".join(line for line in messages if re.search("[一-龥]", line))
    assert set(re.findall(r"[A-Za-z]{2,}", chinese)) == set()
