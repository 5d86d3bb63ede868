"""Every code that the document promises is really answered, and no answer has a code that it does not promise."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import psutil
import pytest
from fastapi import FastAPI

from api.app import ABOUT, with_routes
from api.codes import CODES
from gateways import signatures
from showcase.client import open_http
from stack.keys import kept_webhook_secret
from stack.stack import Stack
from tests.api.provocations import CALLS, NOBODY, PROVOKED, provocation
from tests.api.published import Operation, operations
from tests.api.test_webhooks import news_of
from tests.conftest import settings_at
from tests.shop import Shop
from tests.stack.helpers import fresh_home

OPERATIONS = {each.name: each for each in operations(with_routes(FastAPI(**ABOUT)).openapi())}
NOT_HERE = "temporarily_unavailable"
OF_EVERY_KEY = {NOT_HERE, "too_many_requests"}
"""Codes that follow from the state of the whole service: 503 is provoked below, 429 where shares are tested."""

PROMISED = [(each.name, code) for each in OPERATIONS.values() for code in sorted(each.codes - OF_EVERY_KEY)]


@pytest.mark.parametrize(("name", "code"), PROMISED)
async def test_a_promised_code_is_answered(shop: Shop, name: str, code: str) -> None:
    provoke = provocation(OPERATIONS[name], code)
    assert provoke is not None, f"no provocation makes {name} answer {code}"

    answer = await provoke(shop)

    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (CODES[code].status, code), answer.text


def test_nothing_is_provoked_that_is_not_promised() -> None:
    assert PROVOKED.keys() <= set(PROMISED)


async def test_while_postgres_is_stopped_every_operation_says_so(tmp_path: Path) -> None:
    with fresh_home(tmp_path) as home, Stack(replace(settings_at(home), answer_within_s=5)) as stack:
        async with open_http(stack.description.api_url, at_once=60) as http:
            with stopped_postgres(home):
                asked = [each for each in OPERATIONS.values() if NOT_HERE in each.codes]
                answers = await asyncio.gather(*(ask(http, stack, each) for each in asked))
    for operation, answer in zip(asked, answers, strict=True):
        assert (answer.status_code, answer.json()["code"]) == (503, NOT_HERE), f"{operation.name} {answer.text}"
        assert answer.headers["retry-after"]


async def ask(http: httpx.AsyncClient, stack: Stack, operation: Operation) -> httpx.Response:
    path = operation.path.replace("{source}", "sandbox")
    for part in operation.spec.get("parameters", []):
        path = path.replace("{" + part["name"] + "}", NOBODY)
    if operation.name == "takeWebhook":
        return await signed(http, stack, path)
    call = CALLS[operation.name]
    headers = {"Authorization": f"Bearer {asdict(stack.description.keys)[call.role]}"}
    return await http.request(operation.method, path, json=call.body, headers=headers)


async def signed(http: httpx.AsyncClient, stack: Stack, path: str) -> httpx.Response:
    body = news_of("rf_unknown:payout:p1")
    headers = signatures.sign(kept_webhook_secret(stack.home), "msg_1", body)
    return await http.post(path, content=body, headers=headers)


@contextmanager
def stopped_postgres(home: Path) -> Iterator[None]:
    """Every process of it stops where it is: connections stay open, and nothing is answered."""
    pointer = home / "postgres.at"
    data = Path(pointer.read_text()) if pointer.exists() else home
    (lock,) = data.rglob("postmaster.pid")
    postmaster = psutil.Process(int(lock.read_text().split()[0]))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)
