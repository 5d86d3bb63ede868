"""Every code that the document promises is really answered, and no answer has a code that it does not promise."""

import asyncio
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import psutil
import pytest

from api.codes import CODES
from db import api_keys
from db.api_keys import Role
from db.engine import open_engine
from gateways import signatures
from tests.api.provocations import PROVOKED, provocation
from tests.api.provoked_everywhere import CALLS, NOBODY
from tests.api.published import Operation, as_made, operations
from tests.api.test_webhooks import news_of
from tests.conftest import settings_at
from tests.shop import Shop
from tests.tools.stack.prepared import prepared_home
from tools.client import open_http
from tools.stack.keys import kept_webhook_secret
from tools.stack.stack import Stack

OPERATIONS = {each.name: each for each in operations(as_made())}
NOT_HERE = "temporarily_unavailable"
TOO_MANY = "too_many_requests"

PROMISED = [(each.name, code) for each in OPERATIONS.values() for code in sorted(each.codes - {NOT_HERE, TOO_MANY})]


@pytest.mark.parametrize(("name", "code"), PROMISED)
async def test_a_promised_code_is_answered(shop: Shop, name: str, code: str) -> None:
    provoke = provocation(OPERATIONS[name], code)
    assert provoke is not None, f"no provocation makes {name} answer {code}"

    answer = await provoke(shop)

    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (CODES[code].status, code), answer.text


def test_nothing_is_provoked_that_is_not_promised() -> None:
    assert PROVOKED.keys() <= set(PROMISED)


NEED_NO_DATABASE = ("previewMessage",)
"""A caller who is known is answered all the same."""


async def test_while_postgres_is_stopped_every_operation_says_so(tmp_path: Path) -> None:
    asked = [each for each in OPERATIONS.values() if NOT_HERE in each.codes and each.name not in NEED_NO_DATABASE]
    with prepared_home(tmp_path) as home, Stack(replace(settings_at(home), answer_within_s=5)) as stack:
        async with open_http(stack.description.api_url, at_once=60) as http:
            keys = await known_keys(http, stack, asked)
            with stopped_postgres(home):
                questions = zip(keys, asked, strict=True)
                answers = await asyncio.gather(*(ask(http, stack, key, each) for key, each in questions))
    for operation, answer in zip(asked, answers, strict=True):
        assert (answer.status_code, answer.json().get("code")) == (503, NOT_HERE), f"{operation.name} {answer.text}"
        assert answer.headers["retry-after"]


async def test_a_merchant_who_sends_far_too_much_at_once_is_told_so_by_every_operation(tmp_path: Path) -> None:
    asked = [each for each in OPERATIONS.values() if TOO_MANY in each.codes]
    with prepared_home(tmp_path) as home, Stack(replace(settings_at(home), answer_within_s=60)) as stack:
        async with open_http(stack.description.api_url, at_once=300) as http:
            keys = asdict(stack.description.keys)
            for key in keys.values():
                await http.get("/v1/refunds", headers={"Authorization": f"Bearer {key}"})
            with stopped_postgres(home):
                known = {"Authorization": f"Bearer {keys[Role.MERCHANT]}"}
                crowd = [asyncio.create_task(http.get("/v1/refunds", headers=known)) for _ in range(150)]
                await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)  # nobody else may wait from here on
                answers = await asyncio.gather(*(ask(http, stack, keys[CALLS[each.name].role], each) for each in asked))
                for each in crowd:
                    each.cancel()
    for operation, answer in zip(asked, answers, strict=True):
        assert (answer.status_code, answer.json()["code"]) == (429, TOO_MANY), f"{operation.name} {answer.text}"
        assert answer.headers["retry-after"]


async def known_keys(http: httpx.AsyncClient, stack: Stack, operations: Sequence[Operation]) -> list[str]:
    """For each a key of a merchant of its own that the API has seen: nobody else uses up this merchant's share."""
    keys = [f"mk_{secrets.token_hex(8)}" for _ in operations]
    engine = open_engine(stack.description.owner_database_url, pool_size=1)
    async with engine.begin() as connection:
        for key, each in zip(keys, operations, strict=True):
            role = CALLS[each.name].role if each.name in CALLS else Role.OPS
            await api_keys.remember(connection, key=key, merchant_id=each.name, role=role)
    await engine.dispose()
    seen = [await http.get("/v1/refunds", headers={"Authorization": f"Bearer {key}"}) for key in keys]
    assert {each.status_code for each in seen} == {200}
    return keys


async def ask(http: httpx.AsyncClient, stack: Stack, key: str, operation: Operation) -> httpx.Response:
    path = operation.path.replace("{source}", "sandbox")
    for part in operation.spec.get("parameters", []):
        path = path.replace("{" + part["name"] + "}", NOBODY)
    if operation.name == "takeWebhook":
        return await signed(http, stack, path)
    if operation.name == "takeGatewayWebhook":
        return await http.post(path, content=b"{}")
    headers = {"Authorization": f"Bearer {key}"}
    call = CALLS[operation.name]
    return await http.request(operation.method, path + call.query, json=call.body, headers=headers)


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
