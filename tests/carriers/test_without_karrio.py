"""karrio is an extra: without it everything starts, and whoever tells an account there is told what lacks."""

import subprocess
import sys

WITHOUT = """
import sys
sys.modules |= {name: None for name in ("karrio", "loguru", "attr")}
import api.app, worker
from gateways.registry import CARRIERS, AtCarrier
print(CARRIERS["karrio"].lacks(AtCarrier({}, {})))
"""


def test_worker_and_api_start_without_karrio_and_an_account_there_is_refused() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "karrio is not installed here" in done.stdout
