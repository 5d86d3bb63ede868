"""No live host is ever contacted by tests: neither by their own process nor by the programs of their stacks."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateways.messengers import twilio
from gateways.wechat_pay import account as wechat_pay
from tests.conftest import settings_at

LIVE = ["https://api.stripe.com", wechat_pay.API, twilio.ADDRESS]


@pytest.mark.parametrize("address", LIVE)
async def test_the_tests_own_process_does_not_reach_a_live_host(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError, match="tests ask for no live host"):
            await http.get(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", b"localhost", None, "LOCALHOST"])
def test_this_machine_is_reached_by_each_of_its_names(host: str | bytes | None) -> None:
    assert socket.getaddrinfo(host, 80)


def test_a_program_of_a_stack_does_not_reach_one_either(tmp_path: Path) -> None:
    asks = "import sys, urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1])"

    program = subprocess.run(
        (sys.executable, "-c", asks, LIVE[0]),
        env=dict(settings_at(tmp_path).environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert program.returncode != 0
    assert "tests ask for no live host: api.stripe.com" in program.stderr
