"""Where a worker tells Temporal's metrics: at an address of its own, and to nobody by accident."""

import httpx
import pytest

from temporal_client.metrics import MetricsAddress, telling
from tests.shop import IN_TIME_S
from tools.stack import ports


def test_they_are_told_where_the_setting_says_and_nowhere_without_one() -> None:
    address = f"127.0.0.1:{ports.any_free()}"

    runtime = telling(address, plaintext=())
    assert runtime is not None
    runtime.metric_meter.create_counter("tried").add(1)

    assert "tried{" in httpx.get(f"http://{address}/metrics", trust_env=False, timeout=IN_TIME_S).text
    assert telling("", plaintext=()) is None


def test_two_workers_of_a_machine_do_not_share_an_address() -> None:
    address = f"127.0.0.1:{ports.any_free()}"
    first = telling(address, plaintext=())

    with pytest.raises(ValueError, match="at a port of its own, so give this one another in MAKEWHOLE_METRICS_ADDRESS"):
        telling(address, plaintext=())

    assert first is not None


def test_other_machines_are_told_in_clear_only_where_somebody_says_so() -> None:
    with pytest.raises(ValueError, match=r"tells its metrics at 0\.0\.0\.0:9464 without TLS.*127\.0\.0\.1:9464"):
        telling("0.0.0.0:9464", plaintext={"postgres", "temporal"})

    assert telling(f"0.0.0.0:{ports.any_free()}", plaintext={"api"})


@pytest.mark.parametrize("written", ["9464", ":9464", "localhost:9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536"])
def test_what_is_no_address_is_refused_with_one_that_is(written: str) -> None:
    with pytest.raises(ValueError, match=r"write an address in figures and a port, as 127\.0\.0\.1:9464"):
        MetricsAddress.read(written)


def test_each_further_worker_has_the_next_port() -> None:
    assert str(MetricsAddress.read("[::1]:9464").further(2)) == "[::1]:9466"
