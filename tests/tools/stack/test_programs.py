"""What runs on top of the servers: the workers and the API."""

from pathlib import Path

from tools.stack.data_dir import DataDir
from tools.stack.programs import MAKEWHOLE, METRICS_ADDRESS, Surroundings, workers


def told(home: Path, environment: dict[str, str]) -> list[str | None]:
    children = workers(MAKEWHOLE, 3, Surroundings(DataDir(home), environment, None))
    return [child.environment.get(METRICS_ADDRESS) for child in children]


def test_each_worker_tells_its_metrics_at_a_port_of_its_own(tmp_path: Path) -> None:
    addresses = told(tmp_path, {METRICS_ADDRESS: "127.0.0.1:9464"})

    assert addresses == ["127.0.0.1:9464", "127.0.0.1:9465", "127.0.0.1:9466"]


def test_where_nobody_asked_for_them_none_tells_any(tmp_path: Path) -> None:
    assert told(tmp_path, {}) == [None, None, None]
