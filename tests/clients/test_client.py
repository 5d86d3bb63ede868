"""The client against the real API, also where answers are lost on the way."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest

from db import journal
from db.api_keys import Role
from domain import clock
from domain.audit_actions import AuditAction
from makewhole_client import Makewhole, Patience
from makewhole_client.cutting import LineCutter
from makewhole_client.errors import (
    ApiError,
    Conflict,
    EndedOtherwise,
    Forbidden,
    Invalid,
    NotFound,
    NotInTime,
    NotUnderstood,
    ServerFault,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
)
from makewhole_client.models import (
    Decision,
    PolicyBody,
    RefundBody,
    RefundKind,
    RefundLineBody,
    RefundStatus,
    ReviewBody,
    WebhookEndpointBody,
    WhatIfBody,
    WhatIfSummary,
)
from makewhole_client.patience import retry_after_s
from tests.clients.conftest import As
from tests.clients.door import Trouble, door
from tests.shop import IN_TIME_S, Shop


def asked(order_id: str = "o1", **fields: object) -> RefundBody:
    said = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only", **fields}
    return RefundBody.model_validate(said)


async def test_a_refund_from_its_quote_to_its_end(shop: Shop, client_as: As) -> None:
    await shop.order()
    merchant, reviewer = client_as(), client_as(Role.REVIEWER)
    quote = await merchant.quote_refund(asked(reason="changed_mind"))

    made = await merchant.request_refund(asked(reason="changed_mind"))
    await reviewer.review_refund(made.refund_id, ReviewBody(decision=Decision.APPROVE))
    seen = [refund async for refund in merchant.watch(made.refund_id, within_s=IN_TIME_S)]

    assert seen[-1].status is RefundStatus.COMPLETED
    assert seen[-1].total == quote.total == 120_000
    assert all(one != other for one, other in pairwise(seen)), "only what is new is told"
    assert (await merchant.wait_until_completed(made.refund_id, within_s=IN_TIME_S)).kind is RefundKind.REFUND_ONLY


async def test_the_same_without_asyncio(shop: Shop, api_url: str) -> None:
    await shop.lenient_policy()
    await shop.order()

    def refunded() -> tuple[RefundStatus, list[str], list[str]]:
        with Makewhole(api_url, shop.keys[Role.MERCHANT]) as merchant:
            one = [RefundLineBody(line_id="l1", quantity=1)]
            ids = [merchant.request_refund(asked(lines=one, confirm_duplicate=True)).refund_id for _ in range(2)]
            done = merchant.wait_until_completed(ids[0], within_s=IN_TIME_S)
            return done.status, ids, [each.refund_id for each in merchant.iterate_refunds(order_id="o1", limit=1)]

    status, ids, listed = await asyncio.to_thread(refunded)

    assert status is RefundStatus.COMPLETED
    assert listed == ids[::-1], "the newest first, over two pages"


async def test_what_comes_by_lines_is_read_line_by_line(client_as: As) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    draft = WhatIfBody(policy=PolicyBody(), settled_from=tomorrow)

    lines = [line async for line in client_as(Role.OPS).simulate_policy(draft)]

    assert [type(line) for line in lines] == [WhatIfSummary]


async def test_a_text_that_ends_a_line_ends_no_line_of_an_answer(shop: Shop, client_as: As) -> None:
    said = "they say\u2028no\x85"
    async with shop.engine.begin() as connection:
        note = journal.Note(AuditAction.ASKED, said, "ops", {})
        await journal.record_of_customer(connection, shop.merchant_id, "c1", note)

    lines = [line async for line in client_as(Role.OPS).export_audit_trail()]

    assert any(said in line.detail.values() for line in lines)


def test_an_answer_is_cut_at_newlines_wherever_its_pieces_end() -> None:
    answer = '{"a":"\u2028"}\n\n{"b":"\x85"}\r\n{"c":1}'.encode()

    for size in range(1, len(answer) + 1):
        cutter = LineCutter()
        pieces = [answer[first : first + size] for first in range(0, len(answer), size)]
        lines = [line for piece in pieces for line in cutter.cut(piece)]
        assert b"\n".join([*lines, cutter.rest()]) == answer
        assert len(lines) == 3


async def test_a_lost_answer_a_break_down_and_too_many_requests_are_one_refund_under_one_key(
    shop: Shop, client_as: As, api_url: str
) -> None:
    await shop.order()
    troubles = [Trouble.TOO_MANY, Trouble.ANSWER_LOST, Trouble.BROKEN, Trouble.AWAY, Trouble.ANSWER_LOST]

    async with door(api_url, *troubles) as before:
        merchant = client_as(url=before.url)
        await merchant.request_refund(asked(lines=[{"line_id": "l1", "quantity": 1}]))
        await merchant.request_refund(asked(lines=[{"line_id": "l1", "quantity": 1}], confirm_duplicate=True))
        found = [each async for each in merchant.iterate_refunds(order_id="o1")]

    first, second = before.keys[:6], before.keys[6]
    assert len(set(first)) == 1 and first[0] and second not in first
    assert len(found) == 2


async def test_patience_has_an_end_and_then_it_is_said_what_was_wrong(client_as: As, api_url: str) -> None:
    for trouble, error in ((Trouble.TOO_MANY, TooManyRequests), (Trouble.BROKEN, ServerFault)):
        async with door(api_url, *[trouble] * 2_000, retry_after_s=2) as before:
            with pytest.raises(error):
                await client_as(url=before.url, within_s=5.0).get_policy()  # the last answer has a second to come
            assert len(before.keys) > 1
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        merchant = client_as(url=f"http://127.0.0.1:{nobody.getsockname()[1]}", within_s=0.3)
        with pytest.raises(Unreachable) as unreachable:
            await merchant.request_refund(asked(), idempotency_key="mine")
    assert unreachable.value.idempotency_key == "mine"


async def test_what_a_lost_answer_deleted_is_deleted(client_as: As, api_url: str) -> None:
    await client_as(Role.OWNER).put_webhook_endpoint("erp", WebhookEndpointBody(url="http://127.0.0.1:9/"))

    async with door(api_url, Trouble.ANSWER_LOST) as before:
        await client_as(Role.OWNER, url=before.url).delete_webhook_endpoint("erp")
    with pytest.raises(NotFound):
        await client_as(Role.OWNER).delete_webhook_endpoint("erp")


async def test_every_no_is_a_class_with_its_code_its_field_and_its_request(shop: Shop, client_as: As) -> None:
    await shop.order()
    await shop.order(quote("a/b c?", safe=""))
    merchant = client_as()
    refund = await merchant.request_refund(asked())

    noes: list[tuple[type[ApiError], str, str | None]] = []
    for wrong in (
        merchant.get_refund("rf_nobody"),
        client_as(Role.WAREHOUSE).review_refund(refund.refund_id, ReviewBody(decision=Decision.APPROVE)),
        merchant.quote_refund(asked(lines=[{"line_id": "l1", "quantity": "much"}])),
        merchant.request_refund(asked()),
    ):
        with pytest.raises(ApiError) as no:
            await wrong
        assert no.value.request_id
        assert no.value.code in str(no.value) and no.value.request_id in str(no.value)
        noes.append((type(no.value), no.value.code, no.value.field))

    assert noes[0][:2] == (NotFound, "not_found")
    assert noes[1][:2] == (Forbidden, "forbidden")
    assert noes[2] == (Invalid, "validation_failed", "/lines/0/quantity")
    assert noes[3][0] in (Conflict, Invalid)
    assert (await merchant.get_order("a/b c?")).order_id == "a/b c?"
    with pytest.raises(Unauthenticated):
        await type(merchant)(str(merchant._http.base_url), "mk_nobody").get_policy()


async def test_who_waits_is_told_when_it_ended_otherwise_and_when_the_time_is_up(shop: Shop, client_as: As) -> None:
    await shop.order()
    merchant, reviewer = client_as(), client_as(Role.REVIEWER)
    refund = await merchant.request_refund(asked(reason="changed_mind"))

    with pytest.raises(NotInTime) as late:
        await merchant.wait_until_completed(refund.refund_id, within_s=0.2)
    await reviewer.review_refund(refund.refund_id, ReviewBody(decision=Decision.REJECT))
    with pytest.raises(EndedOtherwise) as ended:
        await merchant.wait_until_completed(refund.refund_id, within_s=IN_TIME_S)

    assert late.value.refund.status is RefundStatus.IN_REVIEW
    assert ended.value.refund.status is RefundStatus.REJECTED


async def test_another_server_is_not_taken_for_the_api(client_as: As, api_url: str) -> None:
    async with door(api_url, Trouble.ANOTHER_SERVER) as before:
        with pytest.raises(NotUnderstood):
            await client_as(url=before.url).get_policy()


def test_words_and_fields_that_a_newer_api_adds_are_no_error() -> None:
    assert RefundStatus("frozen") == "frozen"
    assert RefundStatus("completed") is RefundStatus.COMPLETED
    with pytest.raises(ValueError, match="extra"):
        RefundBody.model_validate({"order_id": "o1", "reason": "changed_mind", "ordr": 1})


@pytest.mark.parametrize("url", ["", "refunds.shop.example", "ftp://shop.example", "https://", "/v1"])
def test_an_address_that_is_none_is_said_to_be_none_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Makewhole(url, "mk_merchant")


def test_only_what_was_set_is_sent() -> None:
    assert RefundBody(order_id="o1", reason="changed_mind").model_dump(exclude_unset=True) == {
        "order_id": "o1",
        "reason": "changed_mind",
    }


def test_retry_after_is_read_in_seconds_and_as_a_date() -> None:
    def told(said: str) -> float | None:
        return retry_after_s(httpx.Response(429, headers={"retry-after": said}))

    assert [told("7"), told(""), told("soon"), told("-1")] == [7.0, None, None, None]
    assert told("Sat, 01 Jan 2000 00:00:00 GMT") == 0.0
    assert (told(f"{datetime(2099, 1, 1, tzinfo=UTC):%a, %d %b %Y %H:%M:%S GMT}") or 0) > 1e6


def test_a_wait_that_the_api_asks_for_and_nobody_has_is_answered_at_once() -> None:
    asked_once = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked_once.append(request)
        return httpx.Response(503, headers={"retry-after": "3600"}, json={"code": "busy", "detail": "later"})

    merchant = Makewhole("http://api", "k", patience=Patience(), http=httpx.Client(transport=httpx.MockTransport(busy)))
    with pytest.raises(ServerFault) as away:
        merchant.get_policy()
    assert (away.value.code, len(asked_once)) == ("busy", 1)
