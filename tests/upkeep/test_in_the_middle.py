"""A run ends in the middle of a word: nobody knows, then the same key finds out; it is one word with one effect."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from temporalio.service import RPCError

from db import claims
from db.api_keys import Role
from proof.chaos.older_temporal import copy_temporal, restore_temporal
from tests.shop import IN_TIME_S, Shop, open_shop
from tests.upkeep.scenes import (
    Scene,
    assert_nothing_is_lost_and_nothing_twice,
    at,
    awaiting_return,
    finish,
    in_review,
    in_transit,
    inspecting,
    waiting_for_help,
)
from tests.upkeep.test_words import MAY_PASS, NONE_ACCEPTED, ONE_OF_TWO, shop_until_known
from tests.workflows.test_reset_in_temporal import reset
from tools.client import Json
from tools.stack.stack import Stack


@dataclass(frozen=True)
class Saying:
    """A word as its caller sends it, something else that could be sent under its key, and the refund it is said to."""

    scene: Scene
    role: Role
    path: str
    body: Json
    other: Json

    async def say(self, shop: Shop, refund: Json) -> httpx.Response:
        return await self._send(shop, refund, self.body)

    async def say_otherwise(self, shop: Shop, refund: Json) -> httpx.Response:
        return await self._send(shop, refund, self.other)

    async def _send(self, shop: Shop, refund: Json, body: Json) -> httpx.Response:
        under_its_key = {"Idempotency-Key": f"{self.path}-k1"}
        return await shop.raw(self.role, "POST", at(refund, self.path), json=body, headers=under_its_key)


SF1, SF2 = ({"carrier": "SF", "tracking_number": number} for number in ("SF1", "SF2"))
BY_HAND = {"step": "pay_out", "action": "settle", "note": "bank"}
SAYINGS = {
    "review": Saying(in_review, Role.REVIEWER, "review", {"decision": "approve"}, {"decision": "reject", "note": "no"}),
    "cancel": Saying(awaiting_return, Role.MERCHANT, "cancel", {}, {"note": "another"}),
    "shipment": Saying(awaiting_return, Role.MERCHANT, "shipment", SF1, SF2),
    "receipt": Saying(in_transit, Role.WAREHOUSE, "receipt", {}, ONE_OF_TWO),
    "partial receipt": Saying(in_transit, Role.WAREHOUSE, "receipt", ONE_OF_TWO, {}),
    "loss": Saying(in_transit, Role.WAREHOUSE, "loss", {}, {"note": "another"}),
    "inspection": Saying(inspecting, Role.WAREHOUSE, "inspection", {}, NONE_ACCEPTED),
    "resolve": Saying(waiting_for_help, Role.OPS, "resolution", BY_HAND, {**BY_HAND, "action": "retry"}),
}

Ends = Callable[[Shop, Json], Awaitable[None]]


async def terminated(shop: Shop, refund: Json) -> None:
    await shop.workflow(refund).terminate("by mistake")


async def taken_back(shop: Shop, refund: Json) -> None:
    await reset(shop, refund, to=max)


async def ended_in_the_middle(shop: Shop, refund: Json, ends: Ends, say: Awaitable[Any]) -> Any:
    """Say something, and end the run that has heard it before it could write that down."""
    async with shop.engine.begin() as somebody:
        await somebody.exec_driver_sql("select from refunds where refund_id = %s for update", (refund["refund_id"],))
        holds = (await somebody.exec_driver_sql("select pg_backend_pid()")).scalar_one()
        saying = asyncio.ensure_future(say)
        await _until_it_is_being_noted(shop, holds)
        await ends(shop, refund)
    return await saying


async def _until_it_is_being_noted(shop: Shop, holds: int) -> None:
    """Until somebody waits for the row that this connection holds: of other refunds others wait for others."""
    async with asyncio.timeout(IN_TIME_S), shop.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        waits = (
            "select count(*) from pg_stat_activity "
            "where %s = any(pg_blocking_pids(pid)) and position('refunds' in query) > 0"
        )
        while (await connection.exec_driver_sql(waits, (holds,))).scalar_one() == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("reconciler")
@pytest.mark.parametrize("ends", [terminated, taken_back])
@pytest.mark.parametrize("said", SAYINGS)
async def test_a_word_in_the_middle_of_which_its_run_ends_is_said_again_under_its_key(
    shop: Shop, said: str, ends: Ends
) -> None:
    saying = SAYINGS[said]
    refund = await saying.scene(shop)

    answer = await ended_in_the_middle(shop, refund, ends, saying.say(shop, refund))
    again = await shop_until_known(lambda: saying.say(shop, refund))
    other = await saying.say_otherwise(shop, refund)

    assert answer.status_code in (200, *MAY_PASS), answer.text
    assert again.status_code == 200, again.text
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused"), other.text
    await assert_it_took_effect_once(shop, refund, said)


async def assert_it_took_effect_once(shop: Shop, refund: Json, said: str) -> None:
    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    events = [event["event"] for event in shown["timeline"]]
    if said == "cancel":
        assert (shown["status"], shown["payouts"], events.count("cancelled")) == ("cancelled", [], 1)
        return
    if said == "loss":
        assert (shown["status"], events.count("parcel_lost")) == ("in_review", 1)
        return
    if said == "partial receipt":
        async with shop.engine.connect() as connection:
            (row,) = (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
        assert (row.received, events.count("parcel_received")) == (1, 1)
        return
    done = await finish(shop, refund)
    if said != "resolve":  # what was paid by hand is in nobody's timeline as paid
        assert_nothing_is_lost_and_nothing_twice(done)


@pytest.mark.usefixtures("reconciler")
@pytest.mark.parametrize("ends", [terminated, taken_back])
async def test_a_decision_by_signal_in_the_middle_of_which_its_run_ends_is_taken_once(shop: Shop, ends: Ends) -> None:
    """A signal has no answer: whoever sees no effect sends it again."""
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 200_000})
    refund = await in_review(shop)
    decide = {"decision": "approve", "by": "wang"}

    await ended_in_the_middle(shop, refund, ends, shop.workflow(refund).signal("decide", decide))
    async with asyncio.timeout(IN_TIME_S):
        while (await shop.until(refund, "in_review", "awaiting_return"))["status"] == "in_review":
            with suppress(RPCError):  # no run is there yet
                await shop.workflow(refund).signal("decide", decide)
            await asyncio.sleep(1)
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert done["review"]["by"] == "temporal:wang"


@pytest.mark.usefixtures("reconciler")
async def test_every_word_is_answered_as_before_after_the_close_and_another_under_its_key_is_refused(
    shop: Shop,
) -> None:
    words = ["review", "shipment", "partial receipt", "inspection", "resolve"]
    await shop.policy(auto_approve={}, declined_tender="hold")
    await shop.behave("ch-o1", "decline")
    refund = await in_review(shop)
    before = {"inspection": "inspecting", "resolve": "needs_attention"}
    for word in words:
        if word in before:
            await shop.until(refund, before[word])
        assert (await shop_until_known(_saying(shop, word, refund))).status_code == 200, word
    done = await shop.until(refund, "completed")
    await _forget_answers(shop)

    again = [await SAYINGS[word].say(shop, refund) for word in words]
    await _forget_answers(shop)
    others = [await SAYINGS[word].say_otherwise(shop, refund) for word in words]

    assert [answer.status_code for answer in again] == [200] * len(words), [each.text for each in again]
    assert [answer.json().get("code") for answer in others] == ["idempotency_key_reused"] * len(words)
    assert (await shop.until(refund, "completed"))["payouts"] == done["payouts"]


async def _forget_answers(shop: Shop) -> None:
    """The rows of words answer, not the API's memory of what it answered."""
    async with shop.engine.begin() as connection:
        forget = "delete from idempotency_keys where merchant_id = %s"
        await connection.exec_driver_sql(forget, (shop.merchant_id,))


async def test_every_word_that_temporal_forgot_is_answered_as_before_and_counts_once(
    own_shop: Shop, own_stack: Stack
) -> None:
    """Temporal comes back from a copy that is older than what was said; each word has a shop of its own."""
    shops = {word: await _shop_of_its_own(own_shop) for word in SAYINGS}
    refunds = {word: await SAYINGS[word].scene(shop) for word, shop in shops.items()}
    copy = copy_temporal(own_stack.home)
    said = {word: await shop_until_known(_saying(shops[word], word, refund)) for word, refund in refunds.items()}
    for shop in shops.values():
        await _forget_answers(shop)

    restore_temporal(own_stack, copy)
    again = {word: await shop_until_known(_saying(shops[word], word, refund)) for word, refund in refunds.items()}
    others = {word: await SAYINGS[word].say_otherwise(shops[word], refund) for word, refund in refunds.items()}

    assert {word: answer.status_code for word, answer in said.items()} == dict.fromkeys(SAYINGS, 200)
    assert {word: answer.text for word, answer in again.items() if answer.status_code != 200} == {}
    assert {answer.json().get("code") for answer in others.values()} == {"idempotency_key_reused"}
    for word, refund in refunds.items():
        await assert_it_took_effect_once(shops[word], refund, word)


def _saying(shop: Shop, word: str, refund: Json) -> Callable[[], Awaitable[httpx.Response]]:
    return lambda: SAYINGS[word].say(shop, refund)


async def _shop_of_its_own(shop: Shop) -> Shop:
    own = await open_shop(shop.http, shop.engine, shop.temporal)
    await own.policy(auto_approve={})
    await own.order(points_earned=100)
    return own
