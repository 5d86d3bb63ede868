"""What runs on top of the servers: the workers and the API."""

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from temporal_client.metrics import MetricsAddress
from tools.stack.children import Child
from tools.stack.console import Say
from tools.stack.data_dir import DataDir
from tools.stack.keys import ApiKeys, Database, prepare_database

REPOSITORY = Path(__file__).parents[2]
METRICS_ADDRESS = "MAKEWHOLE_METRICS_ADDRESS"
_OUR_KEYS = ("MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS")
Prepare = Callable[[Database, ApiKeys], None]


@dataclass(frozen=True, slots=True)
class Programs:
    """The commands, and what is done to the database before they start. Tests hand in stand-ins.

    provider: the sandbox payment provider, which posts webhooks as others do: from outside.
    """

    worker: tuple[str, ...]
    api: tuple[str, ...]
    provider: tuple[str, ...]
    prepare: Prepare


MAKEWHOLE = Programs(
    worker=(sys.executable, "worker.py"),
    api=(sys.executable, "-m", "api"),
    provider=(sys.executable, "-m", "gateways.sandbox"),
    prepare=prepare_database,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all programs of a stack have in common."""

    home: DataDir
    environment: Mapping[str, str]
    show: Say | None

    def child(self, name: str, command: tuple[str, ...]) -> Child:
        return Child(
            name=name,
            command=command,
            log=self.home.logs / f"{name}.log",
            environment={**self.environment, "PYTHONUNBUFFERED": "1"},
            directory=REPOSITORY,
            show=self.show,
        )


def workers(programs: Programs, count: int, surroundings: Surroundings) -> list[Child]:
    """Return `worker`, `worker-2`, `worker-3`, …; where they tell metrics, each does at the next port."""
    names = ("worker", *(f"worker-{number}" for number in range(2, count + 1)))
    children = [surroundings.child(name, programs.worker) for name in names]
    if not (address := surroundings.environment.get(METRICS_ADDRESS)):
        return children
    first = MetricsAddress.read(address)
    return [
        replace(child, environment={**child.environment, METRICS_ADDRESS: str(first.further(place))})
        for place, child in enumerate(children)
    ]


def api(programs: Programs, surroundings: Surroundings) -> Child:
    return surroundings.child("api", programs.api)


def provider(programs: Programs, surroundings: Surroundings) -> Child:
    """It is somebody else, who has none of our keys."""
    known = {name: value for name, value in surroundings.environment.items() if name not in _OUR_KEYS}
    return replace(surroundings, environment=known).child("provider", programs.provider)


def is_ready(port: int) -> bool:
    """Ask the API's `/readyz`; past any proxy that the environment may name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
