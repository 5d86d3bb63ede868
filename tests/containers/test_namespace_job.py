"""Who reaches Temporal in docker-compose.yml: the job that prepares it, run as its container runs it, and nobody else.

The server is the one that `make up` embeds, which knows no TLS: what ends TLS before it is told what the file tells
Temporal, and holds the same certificates.
"""

import asyncio
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, TLSConfig
from temporalio.envconfig import ClientConfig

from temporal_client.certificates import AUTHORITY, CERTIFICATE, KEY, SETTINGS, make, settings
from tests.containers.compose import services
from tests.service.tls_ends import ending_tls
from tests.shop import IN_TIME_S
from tools.stack import ports
from tools.stack.temporal import SEARCH_ATTRIBUTES, find_program

NAMESPACE = "refunds"
SERVICES = services()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the job `certificates` makes; the settings name this folder, not where it is mounted."""
    folder = tmp_path_factory.mktemp("temporal")
    make(folder)
    for each in ("programs", "operators"):
        (folder / each / SETTINGS).write_text(settings(folder / each))
    return folder


@pytest.fixture(scope="module")
def server(certificates: Path) -> Iterator[str]:
    """The address of a Temporal that is just starting, behind TLS as the compose file says."""
    port = ports.any_free()
    command = (str(find_program(os.environ)), "server", "start-dev", "--headless", "--ip", "127.0.0.1")
    with subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            with ending_tls("127.0.0.1", port, as_the_file_says(certificates / "server")) as ended:
                yield f"127.0.0.1:{ended}"
        finally:
            process.terminate()


def as_the_file_says(folder: Path) -> ssl.SSLContext:
    told = {
        name.removeprefix("TEMPORAL_TLS_"): value.replace("/temporal/", f"{folder}/")
        for name, value in SERVICES["temporal"].environment.items()
        if name.startswith("TEMPORAL_TLS_")
    }
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told["FRONTEND_CERT"], told["FRONTEND_KEY"])
    context.load_verify_locations(told["CLIENT1_CA_CERT"])
    context.verify_mode = {"true": ssl.CERT_REQUIRED, "false": ssl.CERT_NONE}[told["REQUIRE_CLIENT_AUTH"]]
    context.set_alpn_protocols(["h2"])
    return context


@pytest.fixture(scope="module")
def surroundings(server: str, certificates: Path) -> dict[str, str]:
    """The environment in which the job finds it."""
    program = find_program(os.environ)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", str(Path.cwd())),
        "TEMPORAL_ADDRESS": server,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "TEMPORAL_CONFIG_FILE": str(certificates / "operators" / SETTINGS),
    }


def test_however_often_it_runs_there_is_one_namespace_with_our_search_attributes(surroundings: dict[str, str]) -> None:
    for _ in range(2):
        subprocess.run(["sh", "-euc", SERVICES["namespace"].script], env=surroundings, check=True, timeout=180)

    assert search_attributes(surroundings) == SEARCH_ATTRIBUTES


def search_attributes(surroundings: dict[str, str]) -> dict[str, str]:
    listed = subprocess.run(
        ["temporal", "operator", "search-attribute", "list", "--output", "json"],
        env=surroundings, check=True, capture_output=True,
    )  # fmt: skip
    custom: dict[str, str] = json.loads(listed.stdout)["customAttributes"]
    return {name: kind.removeprefix("INDEXED_VALUE_TYPE_").capitalize() for name, kind in custom.items()}


async def test_who_has_no_certificate_of_this_authority_is_not_heard(
    surroundings: dict[str, str], certificates: Path, tmp_path: Path
) -> None:
    programs = {**surroundings, "TEMPORAL_CONFIG_FILE": str(certificates / "programs" / SETTINGS)}
    await let_in(**ClientConfig.load_client_connect_config(override_env_vars=programs))
    make(tmp_path)  # somebody else's, who did the same
    known, (_, certificate, key) = read(certificates / "programs")[0], read(tmp_path / "programs")

    for shown in (
        False,
        TLSConfig(known, domain="temporal"),
        TLSConfig(known, domain="temporal", client_cert=certificate, client_private_key=key),
    ):
        with pytest.raises((RuntimeError, TimeoutError)):
            await asyncio.wait_for(Client.connect(surroundings["TEMPORAL_ADDRESS"], tls=shown), timeout=10)


async def let_in(**found: Any) -> None:
    """Connect as soon as the server has started."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            with suppress(RuntimeError):
                assert await (await Client.connect(**found)).service_client.check_health()
                return
            await asyncio.sleep(0.1)


def read(folder: Path) -> tuple[bytes, bytes, bytes]:
    return (folder / AUTHORITY).read_bytes(), (folder / CERTIFICATE).read_bytes(), (folder / KEY).read_bytes()
