"""How karrio is called: in threads of its own, each call with an end, and with an answer that is a yes or a no.

It asks carriers by urllib, and answers a breakdown of the carrier as it answers a refusal. So urllib is told here how
long to wait, and what is no answer: too busy (429) and broken down (5xx).
"""

import asyncio
import os
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.error import URLError

import attr
from loguru import logger
from PIL import ImageFile

os.environ.setdefault("KARRIO_LOG_LEVEL", "ERROR")
logger.disable("karrio")  # it would write what it sends, with addresses and keys

import karrio.sdk as karrio  # noqa: E402 - after its log is quiet
from karrio import references  # noqa: E402
from karrio.core import models  # noqa: E402

from gateways.karrio.account import KarrioAccount  # noqa: E402
from gateways.ports import Declined, OutOfOrder  # noqa: E402

ImageFile.LOAD_TRUNCATED_IMAGES = False  # it would have whoever reads pictures here take those that break off

PATIENCE_S = 20.0
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="karrio")
_BUSY, _BROKEN = 429, 500
_NO_ANSWER = "SHIPPING_SDK_INTERNAL_ERROR"
NOT_OFFERED = "SHIPPING_SDK_NON_SUPPORTED_ERROR"


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """The names of a plugin's settings."""

    all: tuple[str, ...]
    required: tuple[str, ...]


class _NoAnswer(URLError):
    """A status that says nothing of what was asked."""


class _OnTime(urllib.request.BaseHandler):
    """Nothing is waited for without an end, and a breakdown is no answer."""

    handler_order = 900  # before HTTPErrorProcessor, which hands it to karrio as an answer

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        request.timeout = PATIENCE_S
        return request

    def http_response(self, _: urllib.request.Request, response: Any) -> Any:
        if response.code == _BUSY or response.code >= _BROKEN:
            raise _NoAnswer(f"the carrier answered {response.code}")
        return response

    https_request, https_response = http_request, http_response


@cache
def _prepared() -> None:
    urllib.request.install_opener(urllib.request.build_opener(_OnTime))
    references.import_extensions()


def plugins() -> tuple[str, ...]:
    _prepared()
    return tuple(sorted(references.collect_providers_data()))


def settings_of(carrier: str) -> PluginSettings:
    fields = attr.fields(_settings_class(carrier))
    required = tuple(each.name for each in fields if each.default is attr.NOTHING)
    return PluginSettings(tuple(each.name for each in fields), required)


def _settings_class(carrier: str) -> type:
    known: type = references.collect_providers_data()[carrier].Settings
    return known


async def ask(account: KarrioAccount, request: Any, **connection: Any) -> Any:
    """Have karrio ask an account's carrier; `connection` adds to its settings.

    Raises Declined with the carrier's code and reason, OutOfOrder or TimeoutError where nobody knows.
    """
    async with asyncio.timeout(2 * PATIENCE_S):
        return await asyncio.get_running_loop().run_in_executor(_THREADS, _asked, account, request, connection)


def _asked(account: KarrioAccount, request: Any, connection: dict[str, Any]) -> Any:
    _prepared()
    answer, messages = request.from_(_gateway(account, connection)).parse()
    if answer:
        return answer
    if not messages or any(each.code == _NO_ANSWER for each in messages):
        raise OutOfOrder("; ".join(str(each.message) for each in messages) or "the carrier said nothing")
    raise Declined(str(messages[0].code or "declined"), "; ".join(str(each.message) for each in messages))


def _gateway(account: KarrioAccount, connection: dict[str, Any]) -> Any:
    """Open it anew for each call: karrio keeps all that it sent in the one that it has."""
    settings = {"carrier_id": account.carrier, **account.connection, **connection}
    gateway = karrio.gateway[account.carrier].create(settings)
    if account.base_address:
        gateway.settings.__class__ = _elsewhere(type(gateway.settings), account.base_address)
    return gateway


def _elsewhere(settings: type, base_address: str) -> type:
    """A plugin's settings whose carrier is at another address."""
    here: Callable[[Any], str] = lambda _: base_address  # noqa: E731
    return type(settings.__name__, (settings,), {"server_url": property(here)})


Shipment, Pickup, Tracking = karrio.Shipment, karrio.Pickup, karrio.Tracking
__all__ = ["NOT_OFFERED", "Pickup", "PluginSettings", "Shipment", "Tracking", "ask", "models", "plugins", "settings_of"]
