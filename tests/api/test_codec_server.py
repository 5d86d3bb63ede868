"""Operators read payloads of Temporal in clear: each of their own merchant's refunds, and nobody without a key."""

import asyncio
import base64
import os
import re
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads

from db.api_keys import Role
from service.vault import Vault
from temporal_client.sealed_payloads import WorkflowPlace, seal
from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from tools.stack.stack import Stack
from tools.stack.temporal import find_program

SAID = "quality_issue"
QUERY = "?preserveStorageRefs=true"


async def asked_about(shop: Shop, refund: Json) -> Json:
    """What the UI asks about a refund: the payloads of its history's first event."""
    begun = (await shop.workflow(refund).fetch_history()).events[0].workflow_execution_started_event_attributes
    asked: Json = json_format.MessageToDict(begun.input)
    return asked


def read(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str([each.data for each in json_format.Parse(answer.content, Payloads()).payloads])


async def sent(method: str, url: str, **said: Any) -> httpx.Response:
    """Send it as the UI does."""
    headers = {"x-namespace": "default", **said.pop("headers", {})}
    async with httpx.AsyncClient(timeout=IN_TIME_S, trust_env=False) as client:
        return await client.request(method, url, headers=headers, **said)


async def decode(stack: Stack, body: Json, **said: Any) -> httpx.Response:
    return await sent("POST", f"{stack.description.codec_url}/decode{QUERY}", json=body, **said)


def with_key(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_operations_of_the_merchant_read_its_refunds_and_nobody_else_does(
    shop: Shop, other_shop: Shop, stack: Stack
) -> None:
    await shop.order()
    asked = await asked_about(shop, await shop.approved_refund())

    assert SAID in read(await decode(stack, asked, headers=with_key(shop.keys[Role.OPS])))
    assert SAID in read(await decode(stack, asked, headers={"x-api-key": shop.keys[Role.OPS]}))
    assert SAID not in read(await decode(stack, asked, headers=with_key(other_shop.keys[Role.OPS])))
    for headers in ({}, with_key("guessed"), {"authorization": "Bearer"}, {"authorization": shop.keys[Role.OPS]}):
        assert (await decode(stack, asked, headers=headers)).status_code == 401
    for role in (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OWNER):
        assert (await decode(stack, asked, headers=with_key(shop.keys[role]))).status_code == 403


async def test_who_is_refused_is_answered_and_counted_as_by_the_rest_of_the_api(shop: Shop, stack: Stack) -> None:
    shown = await decode(stack, {"payloads": []}, headers=with_key(shop.keys[Role.OPS]))
    refused = await decode(stack, {"payloads": []}, headers=with_key("guessed"))
    of_the_api = await shop.http.get("/v1/refunds", headers=with_key("guessed"))
    forbidden = await decode(stack, {"payloads": []}, headers=with_key(shop.keys[Role.OWNER]))

    assert "requests_per_key" in shown.headers["ratelimit"]
    assert (refused.status_code, refused.json()) == (401, of_the_api.json())
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "forbidden")


async def test_what_says_that_it_is_of_ones_own_refund_and_is_not_is_not_opened(
    shop: Shop, other_shop: Shop, stack: Stack
) -> None:
    await shop.order()
    await other_shop.order()
    theirs = await asked_about(other_shop, await other_shop.approved_refund())
    mine = await asked_about(shop, await shop.approved_refund())
    (payload,), (own,) = theirs["payloads"], mine["payloads"]

    moved = {**payload, "metadata": own["metadata"]}

    assert SAID not in read(await decode(stack, {"payloads": [moved]}, headers=with_key(shop.keys[Role.OPS])))


async def test_payloads_of_another_namespace_or_of_no_refund_stay_as_they_are(shop: Shop, stack: Stack) -> None:
    vault = Vault(stack.description.payload_keys)
    plain = Payloads.FromString(b"")
    plain.payloads.add(data=SAID.encode())
    places = (
        WorkflowPlace("other", "refund-rf_1"),
        WorkflowPlace("default", "settlement-report-sr_1"),
        WorkflowPlace("", ""),
    )
    sealed = Payloads(payloads=[seal(vault, plain.payloads[0], place) for place in places])

    answer = await decode(stack, json_format.MessageToDict(sealed), headers=with_key(shop.keys[Role.OPS]))

    assert json_format.Parse(answer.content, Payloads()) == sealed


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"payloads": 1}', b"\xff", b"[" * 50_000])
async def test_what_is_no_list_of_payloads_is_refused(shop: Shop, stack: Stack, body: bytes) -> None:
    url = f"{stack.description.codec_url}/decode"

    assert (await sent("POST", url, content=body, headers=with_key(shop.keys[Role.OPS]))).status_code == 400


async def test_it_encrypts_nothing_and_hands_back_what_is_to_be_said(shop: Shop, stack: Stack) -> None:
    said = {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "eyJhIjoxfQ=="}]}
    url = f"{stack.description.codec_url}/encode"

    assert (await sent("POST", url, json=said, headers=with_key(shop.keys[Role.OPS]))).json() == said
    assert (await sent("POST", url, json=said)).status_code == 401


@pytest.mark.parametrize("is_the_uis", [True, False])
async def test_only_pages_of_the_temporal_ui_may_ask_it_from_elsewhere(stack: Stack, is_the_uis: bool) -> None:
    origin = str(stack.description.temporal_ui_url) if is_the_uis else "http://evil.example"
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-namespace"}

    answer = await sent("OPTIONS", f"{stack.description.codec_url}/decode", headers={"origin": origin, **wanted})

    assert (answer.headers.get("access-control-allow-origin") == origin) is is_the_uis


async def test_the_ui_is_answered_at_its_own_address_by_the_key_that_its_browser_has(shop: Shop, stack: Stack) -> None:
    ui, keys = str(stack.description.temporal_ui_url), stack.description.temporal_keys
    assert keys is not None
    await shop.order()
    asked = await asked_about(shop, await shop.approved_refund())
    url, reader = f"{ui}/codec/decode{QUERY}", ("reader", keys.reader)

    assert (await sent("GET", f"{ui}/api/v1/settings", auth=reader)).json()["Codec"]["Endpoint"] == "/codec"
    assert SAID in read(await sent("POST", url, json=asked, auth=reader))
    assert (await sent("POST", f"{ui}/codec/encode", json=asked, auth=("operator", keys.operator))).json() == asked
    assert (await sent("POST", url, json=asked)).status_code == 401
    assert (
        await sent("POST", url, json=asked, auth=reader, headers={"origin": "http://evil.example"})
    ).status_code == 403
    assert (await sent("POST", url, content=b"[]", auth=reader)).status_code == 400


async def test_the_cli_shows_a_history_in_clear_with_a_key_and_not_without(shop: Shop, stack: Stack) -> None:
    await shop.order()
    refund = await shop.approved_refund()

    codec = ("--codec-endpoint", str(stack.description.codec_url), "--codec-auth", f"Bearer {shop.keys[Role.OPS]}")

    assert SAID in await shown(shop, stack, refund, *codec)
    assert SAID not in await shown(shop, stack, refund)


async def shown(shop: Shop, stack: Stack, refund: Json, *codec: str) -> str:
    description = stack.description
    assert description.temporal_keys is not None
    key = f"authorization=Bearer {description.temporal_keys.reader}"
    running = await asyncio.create_subprocess_exec(
        *(str(find_program(os.environ)), "workflow", "show", "--output", "json", "--address"),
        *(description.temporal_address, "--grpc-meta", key, "--workflow-id", shop.workflow(refund).id, *codec),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await asyncio.wait_for(running.communicate(), IN_TIME_S))[0].decode()
    assert running.returncode == 0, printed
    return printed + str([base64.b64decode(data) for data in re.findall(r'"data": "([^"]*)"', printed)])
