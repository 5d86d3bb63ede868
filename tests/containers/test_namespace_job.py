"""The job that prepares Temporal, run as its container runs it, against a real server."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.compose import services
from tools.stack.temporal import SEARCH_ATTRIBUTES, find_program

NAMESPACE = "refunds"


@pytest.fixture
def surroundings() -> Iterator[dict[str, str]]:
    """A Temporal that is just starting, and the environment in which the job finds it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    program = find_program(os.environ)
    command = (str(program), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        yield {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", str(Path.cwd())),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "TEMPORAL_NAMESPACE": NAMESPACE,
        }
        server.terminate()


def test_however_often_it_runs_there_is_one_namespace_with_our_search_attributes(surroundings: dict[str, str]) -> None:
    for _ in range(2):
        subprocess.run(["sh", "-euc", services()["namespace"].script], env=surroundings, check=True, timeout=60)

    assert search_attributes(surroundings) == SEARCH_ATTRIBUTES


def search_attributes(surroundings: dict[str, str]) -> dict[str, str]:
    listed = subprocess.run(
        ["temporal", "operator", "search-attribute", "list", "--output", "json"],
        env=surroundings, check=True, capture_output=True,
    )  # fmt: skip
    custom: dict[str, str] = json.loads(listed.stdout)["customAttributes"]
    return {name: kind.removeprefix("INDEXED_VALUE_TYPE_").capitalize() for name, kind in custom.items()}
