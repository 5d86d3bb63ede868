"""The whole stack, once a session: real Postgres, real Temporal, a worker and the API as programs of their own."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import sealing
from db.engine import open_engine
from settings import StackSettings
from tests.api.watching import Watch
from tests.examples import choose_profile
from tests.messages.mail_server import MailServer, serve
from tests.messages.sms_peers import TwilioPeer
from tests.only_this_machine import sitecustomize as _no_live_host  # noqa: F401 - nor does this process
from tests.shop import METRICS_TOKEN, Shop, open_shop
from tests.tools.stack.prepared import prepared_home
from tools.client import open_http
from tools.stack import ports
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect

ONLY_THIS_MACHINE = Path(__file__).parent / "only_this_machine"
"""What keeps programs of the tests from asking for live hosts."""

gc.disable()  # while everything is imported and collected, all of which stays
choose_profile()


def pytest_collection_finish() -> None:
    """What is there by now stays: looking through it for garbage again and again takes a quarter of the rules' time."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def stripe_address() -> str:
    """Where merchants' accounts at Stripe may be: nothing listens there unless a test starts it."""
    return _address()


@pytest.fixture(scope="session")
def wechat_pay_address() -> str:
    """Likewise for WeChat Pay."""
    return _address()


@pytest.fixture(scope="session")
def alipay_address() -> str:
    """Likewise for Alipay."""
    return _address()


@pytest.fixture(scope="session")
def paypal_address() -> str:
    """Likewise for PayPal."""
    return _address()


@pytest.fixture(scope="session")
def adyen_address() -> str:
    """Likewise for Adyen."""
    return _address()


def _address() -> str:
    return f"http://127.0.0.1:{ports.any_free()}"


@pytest.fixture(scope="session")
def mail_port() -> int:
    """Where e-mail of the stack goes: nobody listens there unless a test does."""
    return ports.any_free()


@pytest.fixture(scope="session")
def twilio_port() -> int:
    """Likewise for SMS."""
    return ports.any_free()


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    stripe_address: str,
    wechat_pay_address: str,
    alipay_address: str,
    paypal_address: str,
    adyen_address: str,
    mail_port: int,
    twilio_port: int,
) -> Iterator[Stack]:
    with prepared_home(tmp_path_factory.mktemp("stack")) as home:
        settings = settings_at(home)
        told = {
            **settings.environment,
            "MAKEWHOLE_GATEWAY_ADDRESSES": " ".join(
                (stripe_address, wechat_pay_address, alipay_address, paypal_address, adyen_address)
            ),
        }
        told |= {"MAKEWHOLE_SMTP_URL": f"smtp://127.0.0.1:{mail_port}"}
        limited = ("codes", "guesses", "challenges", "sign_ins")  # all tests are one caller
        told |= {"MAKEWHOLE_LIMITS": " ".join(f"{each}_per_caller=100000" for each in limited)}
        told |= {"MAKEWHOLE_METRICS_TOKEN": METRICS_TOKEN}
        told |= {"MAKEWHOLE_MAIL_FROM": "Kettles <refunds@shop.example>"}
        account = {"ACCOUNT_SID": TwilioPeer.SID, "AUTH_TOKEN": TwilioPeer.TOKEN, "FROM": TwilioPeer.NUMBER}
        account |= {"ADDRESS": f"http://127.0.0.1:{twilio_port}"}
        told |= {f"MAKEWHOLE_TWILIO_{name}": value for name, value in account.items()}
        with Stack(replace(settings, environment=told)) as running, sealing.using(running.ring):
            yield running


def settings_at(home: Path) -> StackSettings:
    """A stack with servers of its own, whatever the environment points at."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEWHOLE_", "TEMPORAL_"))}
    reads_first = os.pathsep.join(filter(None, (str(ONLY_THIS_MACHINE), plain.get("PYTHONPATH"))))
    told = plain | {"MAKEWHOLE_TEST_CLOCKS": "yes", "PYTHONPATH": reads_first}
    return StackSettings(home=home, api_port=0, database_url="", temporal_address="", environment=told)


@pytest.fixture(scope="session")
async def http(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with open_http(stack.description.api_url, at_once=50) as client:
        watch = Watch()
        client.event_hooks["response"].append(watch)
        yield client
        assert not watch.surprises, f"answered, but not in the document: {sorted(set(watch.surprises))}"


@pytest.fixture(scope="session")
async def engine(stack: Stack) -> AsyncIterator[AsyncEngine]:
    # Tests kill Postgres: what died since it was used last is never an answer to them.
    engine = open_engine(stack.description.owner_database_url, pool_size=5, ping_after_s=0.0)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def temporal(stack: Stack) -> Client:
    return await connect(stack.description)


@pytest.fixture
async def shop(http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Shop:
    """A merchant of its own for each test."""
    return await open_shop(http, engine, temporal)


@pytest.fixture
async def mail(shop: Shop, mail_port: int) -> AsyncIterator[MailServer]:
    """The mail server of the stack, as the customers of this shop have it."""
    async with serve(mail_port, shop.domain) as server:
        yield server


@pytest.fixture
async def other_shop(http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Shop:
    return await open_shop(http, engine, temporal)
