"""Other machines are spoken to by TLS, and their certificates are looked at, unless somebody says otherwise."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.headers import SafeHeaders
from api.server import serving
from db.engine import open_engine
from settings import SettingMissing, Settings, StackSettings
from temporal_client.connection import reached
from tests.service.certificates import Certificates
from tests.service.tls_ends import ending_tls
from tests.shop import IN_TIME_S
from tools.stack.stack import Stack

HERE = "postgresql://u@localhost/m"
THERE = "postgresql://u@db.example/m"
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.made(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.made(tmp_path_factory.mktemp("strangers"))


def settings(**told: str) -> Settings:
    return Settings.from_environment({"MAKEWHOLE_DATABASE_URL": HERE, **told})


@pytest.mark.parametrize("way", ["", "?sslmode=prefer", "?sslmode=allow", "?sslmode=require&sslmode=disable"])
@pytest.mark.parametrize("name", ["MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_OWNER_DATABASE_URL"])
def test_postgresql_on_another_machine_is_not_reached_in_clear(name: str, way: str) -> None:
    told = {"MAKEWHOLE_DATABASE_URL": HERE, name: THERE + way}

    for read in (Settings.from_environment, StackSettings.from_environment):
        with pytest.raises(ValueError, match=f"{name} reaches db.example without TLS"):
            read(told)
        read({**told, "MAKEWHOLE_PLAINTEXT": "postgres"})


@pytest.mark.parametrize(
    "address", [HERE, "postgresql:///m", f"{THERE}?sslmode=verify-full", f"{THERE}?sslmode=require"]
)
def test_it_is_reached_here_or_by_tls(address: str) -> None:
    assert settings(MAKEWHOLE_DATABASE_URL=address).database_url == address


@pytest.mark.parametrize(
    ("told", "host", "is_encrypted"),
    [
        ({}, "localhost", False),
        ({"TEMPORAL_ADDRESS": "temporal.example:7233"}, "temporal.example", False),
        ({"TEMPORAL_ADDRESS": "temporal.example:7233", "TEMPORAL_TLS": "true"}, "temporal.example", True),
        ({"TEMPORAL_ADDRESS": "temporal.example:7233", "TEMPORAL_API_KEY": "k"}, "temporal.example", True),
        ({"TEMPORAL_ADDRESS": "[::1]:7233"}, "::1", False),
    ],
)
def test_how_temporal_is_reached_is_known_before(
    told: dict[str, str], host: str, is_encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_TLS", "TEMPORAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert reached() == (host, is_encrypted)


def test_temporal_on_another_machine_is_not_reached_in_clear() -> None:
    with pytest.raises(SettingMissing, match=r"Temporal at temporal\.example is reached without TLS"):
        settings().check_temporal("temporal.example", False)

    settings().check_temporal("temporal.example", True)
    settings().check_temporal("127.0.0.1", False)
    settings(MAKEWHOLE_PLAINTEXT="temporal").check_temporal("temporal.example", False)


def test_other_machines_do_not_reach_the_api_in_clear() -> None:
    with pytest.raises(SettingMissing, match="the API listens at :: without TLS"):
        _ = settings(MAKEWHOLE_HOST="::").api_address

    assert settings().api_address[0] == "127.0.0.1"
    files = {"MAKEWHOLE_TLS_CERTIFICATE": "c.pem", "MAKEWHOLE_TLS_KEY": "k.pem"}
    for told in ({"MAKEWHOLE_PLAINTEXT": "api temporal"}, files):
        assert settings(MAKEWHOLE_HOST="::", **told).api_address[0] == "::"


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"MAKEWHOLE_PLAINTEXT": "all"}, "names all: there are postgres, temporal, api"),
        ({"MAKEWHOLE_TLS_KEY": "k.pem"}, "go together"),
    ],
)
def test_what_is_half_said_is_refused(told: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        settings(**told)


async def test_the_api_speaks_tls_and_nothing_older_than_1_2(
    certificates: Certificates, strangers: Certificates
) -> None:
    async with served(certificates) as address:
        async with httpx.AsyncClient(verify=trusting(certificates.authority), timeout=IN_TIME_S) as client:
            answer = await client.get(address)
            assert answer.headers["strict-transport-security"].startswith("max-age=")
        async with httpx.AsyncClient(verify=trusting(strangers.authority), timeout=IN_TIME_S) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get(address)
        old = trusting(certificates.authority)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        async with httpx.AsyncClient(verify=old, timeout=IN_TIME_S) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(address)
        async with httpx.AsyncClient(timeout=IN_TIME_S) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(address.replace("https", "http"))


@pytest.mark.parametrize(("named", "seen"), [("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1")])
async def test_where_a_caller_is_counts_by_the_word_of_a_proxy_that_is_named_alone(
    named: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", named)

    async with listening(tells_who_calls) as port, httpx.AsyncClient(timeout=IN_TIME_S) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/", headers={"X-Forwarded-For": "192.0.2.7"})

    assert answer.text == seen


async def tells_who_calls(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(scope["client"][0])(scope, receive, send)


async def test_postgresql_is_spoken_to_by_tls_and_its_certificate_is_looked_at(
    stack: Stack, certificates: Certificates, strangers: Certificates
) -> None:
    real = urlsplit(stack.description.database_url)
    with before_postgresql(real.hostname or "", real.port or 0, certificates) as port:
        address = real._replace(netloc=real.netloc.replace(f":{real.port}", f":{port}")).geturl()
        for authority, is_known in ((certificates.authority, True), (strangers.authority, False)):
            engine = open_engine(f"{address}?sslmode=verify-full&sslrootcert={authority}", pool_size=1)
            if is_known:
                async with engine.connect() as connection:
                    assert await connection.scalar(text("select 7")) == 7
            else:
                with pytest.raises(OperationalError, match="SSL error"):
                    await engine.connect()
            await engine.dispose()


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


@asynccontextmanager
async def served(certificates: Certificates) -> AsyncIterator[str]:
    async with listening(SafeHeaders(PlainTextResponse("here")), tls=certificates.served) as port:
        yield f"https://127.0.0.1:{port}/"


@asynccontextmanager
async def listening(app: ASGIApp, tls: tuple[str, str] | None = None) -> AsyncIterator[int]:
    server = serving(app, "127.0.0.1", 0, tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as here:
        serves = asyncio.create_task(server.serve([here]))
        yield here.getsockname()[1]
        server.should_exit = True
        await serves


@contextmanager
def before_postgresql(host: str, port: int, certificates: Certificates) -> Iterator[int]:
    """End TLS before the embedded PostgreSQL, which is built without it; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates.served)
    with ending_tls(host, port, context, greet=_agrees_to_tls) as ended:
        yield ended


def _agrees_to_tls(caller: socket.socket) -> None:
    assert caller.recv(8) == _SSL_REQUEST, "it did not ask for TLS"
    caller.sendall(b"S")
