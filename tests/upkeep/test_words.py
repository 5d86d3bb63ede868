"""What was said to one run is said to the refund: one word, one effect, one answer, whichever run hears it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from db import api_keys, claims, customers, keyed_words
from db.api_keys import Role
from domain.said import Word, WordKind, fingerprint
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import (
    Scene,
    assert_nothing_is_lost_and_nothing_twice,
    at,
    awaiting_return,
    finish,
    found,
    in_review,
    in_transit,
    inspecting,
    waiting_for_help,
)
from tools.client import Json
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler
from workflows.contract import ResolveSaid, ReviewSaid

ONE_OF_TWO: Json = {"lines": [{"line_id": "l1", "quantity": 1}]}
MAY_PASS = (429, 503)
"""Nobody knows, or others are at it: the same key finds out."""

UNDER_ITS_KEY: Any = {"headers": {"Idempotency-Key": "k1"}}


async def replaced(shop: Shop, reconciler: Reconciler, refund: Json) -> None:
    """Another run takes over."""
    await shop.workflow(refund).terminate("by mistake")
    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    await shop.until_event(refund, "picked_up")


async def test_a_receipt_repeated_under_its_key_in_another_run_counts_once(shop: Shop, reconciler: Reconciler) -> None:
    refund = await awaiting_return(shop)
    said = {"received": [["l1", 1]], "actor": "warehouse"}
    await shop.workflow(refund).execute_update("receipt", said, id="receipt-k1")  # as an API that dies then
    await replaced(shop, reconciler, refund)

    answer = await shop_until_known(
        lambda: shop.raw(Role.WAREHOUSE, "POST", at(refund, "receipt"), json=ONE_OF_TWO, **UNDER_ITS_KEY)
    )

    async with shop.engine.connect() as connection:
        (row,) = (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
    assert (answer.status_code, row.received) == (200, 1)


WORDS: list[tuple[Scene, str, Role, str, Json, Json]] = [
    (in_review, "review", Role.REVIEWER, "review", {"decision": "approve", "by": "reviewer"}, {"decision": "approve"}),
    (
        awaiting_return,
        "shipment",
        Role.MERCHANT,
        "shipment",
        {"carrier": "SF", "tracking_number": "SF1", "actor": "merchant"},
        {"carrier": "SF", "tracking_number": "SF1"},
    ),
    (in_transit, "receipt", Role.WAREHOUSE, "receipt", {"received": [["l1", 1]], "actor": "warehouse"}, ONE_OF_TWO),
    (in_transit, "loss", Role.WAREHOUSE, "loss", {"note": "", "actor": "warehouse"}, {}),
    (inspecting, "inspection", Role.WAREHOUSE, "inspection", {"lines": [], "actor": "warehouse"}, {}),
    (
        waiting_for_help,
        "resolve",
        Role.OPS,
        "resolution",
        {"step": "pay_out", "action": "settle", "by": "ops", "note": "bank"},
        {"step": "pay_out", "action": "settle", "note": "bank"},
    ),
]


async def with_a_key(shop: Shop, refund: Json, kind: WordKind, role: Role, said: Json) -> Json:
    """Say it as the API does, which has noted the word with its key before."""
    async with shop.engine.begin() as connection:
        known = await api_keys.identify(connection, shop.keys[role])
        assert known is not None
        caller, said = known.caller, {**said, "key_id": known.caller.identity}
        word = Word(f"{kind}-k1", kind, fingerprint(_NAMES_A_KEY[kind](**said)), "", 0)
        await keyed_words.note(connection, refund["refund_id"], word, caller.key_id, caller.person)
    return said


_NAMES_A_KEY: Any = {WordKind.REVIEW: ReviewSaid, WordKind.RESOLVE: ResolveSaid}


@pytest.mark.parametrize(("scene", "update", "role", "path", "said", "body"), WORDS, ids=[each[1] for each in WORDS])
async def test_a_word_repeated_under_its_key_in_another_run_is_answered_as_before(
    shop: Shop, reconciler: Reconciler, scene: Scene, update: str, role: Role, path: str, said: Json, body: Json
) -> None:
    refund = await scene(shop)
    await shop.behave("ch-o1", "pending")
    if (kind := WordKind(update)) in _NAMES_A_KEY:
        said = await with_a_key(shop, refund, kind, role, said)
    await shop.workflow(refund).execute_update(update, said, id=f"{update}-k1")
    try:
        await replaced(shop, reconciler, refund)
    except RPCError as over:  # with this word all was done: it is repeated after the end
        assert (over.status, update) == (RPCStatusCode.NOT_FOUND, "resolve")

    def say() -> Awaitable[httpx.Response]:
        return shop.raw(role, "POST", at(refund, path), json=body, **UNDER_ITS_KEY)

    answers = [await shop_until_known(say) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200], [each.text for each in answers]


async def test_something_else_under_the_id_of_a_word_is_refused(shop: Shop, reconciler: Reconciler) -> None:
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    refund = await in_review(shop)
    await shop.workflow(refund).execute_update("review", {"decision": "approve", "by": "reviewer"}, id="review-k1")
    await replaced(shop, reconciler, refund)

    answer = await shop.raw(
        Role.REVIEWER, "POST", at(refund, "review"), json={"decision": "reject", "note": "no"}, **UNDER_ITS_KEY
    )
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await shop.workflow(refund).execute_update("review", {"decision": "reject"}, id="review-k1")

    assert answer.json()["code"] == "idempotency_key_reused"
    assert isinstance(refused.value.cause, ApplicationError) and refused.value.cause.type == "WordReused"


@pytest.mark.usefixtures("reconciler")
async def test_a_word_is_answered_as_before_after_the_end_and_another_under_its_id_is_refused(shop: Shop) -> None:
    refund = await inspecting(shop)
    await shop.workflow(refund).execute_update("inspection", {"lines": [], "actor": "warehouse"}, id="inspection-k1")
    await shop.until(refund, "completed")

    again = await shop.raw(Role.WAREHOUSE, "POST", at(refund, "inspection"), json={}, **UNDER_ITS_KEY)
    new = await shop.raw(Role.WAREHOUSE, "POST", at(refund, "inspection"), json={})
    other = await shop.raw(Role.WAREHOUSE, "POST", at(refund, "inspection"), json=NONE_ACCEPTED, **UNDER_ITS_KEY)

    assert [again.status_code, new.status_code, other.status_code] == [200, 409, 409], (again.text, other.text)
    assert other.json()["code"] == "idempotency_key_reused"


NONE_ACCEPTED: Json = {"lines": [{"line_id": "l1", "accepted": 0, "rejected": 2, "disposition": "damaged"}]}


@pytest.mark.usefixtures("reconciler")
@pytest.mark.parametrize("what", ["cancel", "inspection"])
async def test_a_word_whose_run_ends_after_it_was_taken_is_not_known_to_be_refused(shop: Shop, what: str) -> None:
    """Nobody knows whether it took effect, so it is 503: the same key finds out. 409 is for a definite no."""
    refund = await inspecting(shop)
    async with shop.engine.begin() as somebody:  # who keeps what follows waiting
        await customers.lock(somebody, shop.merchant_id, shop.customer_id)  # the settlement
        await somebody.exec_driver_sql("lock table sandbox.labels in access exclusive mode")  # voiding the label
        sending = asyncio.create_task(_say(shop, refund, what))
        await until_noted(shop, refund, what)
        await shop.workflow(refund).terminate("by mistake")
        answer = await sending

    again = await shop_until_known(lambda: _say(shop, refund, what))
    done = await shop.until(refund, "completed" if what == "inspection" else "cancelled")

    assert answer.status_code in (200, *MAY_PASS), answer.text
    assert again.status_code == 200, again.text
    assert (done["payouts"] == []) == (what == "cancel")


async def test_a_cancellation_is_noted_before_anything_is_undone_and_the_next_run_stops_as_well(
    shop: Shop, reconciler: Reconciler
) -> None:
    refund = await awaiting_return(shop)
    async with shop.engine.begin() as somebody:
        await somebody.exec_driver_sql("lock table sandbox.labels in access exclusive mode")
        sending = asyncio.create_task(_say(shop, refund, "cancel"))
        await until_noted(shop, refund, "cancel")
        await shop.workflow(refund).terminate("by mistake")
        answer = await sending
    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()

    again = await shop_until_known(lambda: _say(shop, refund, "cancel"))
    done = await shop.until(refund, "cancelled")

    assert answer.status_code == 503, answer.text
    assert again.status_code == 200, again.text
    assert done["payouts"] == []


@pytest.mark.usefixtures("reconciler")
async def test_a_decision_that_came_as_a_signal_is_known_to_the_next_run(shop: Shop, reconciler: Reconciler) -> None:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 200_000})
    refund = await in_review(shop)
    await shop.workflow(refund).signal("decide", {"decision": "approve", "by": "wang"})
    await shop.until(refund, "awaiting_return")
    await replaced(shop, reconciler, refund)

    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert done["review"]["by"] == "temporal:wang"


@pytest.mark.usefixtures("reconciler")
@pytest.mark.parametrize("what", ["receipt", "loss"])
async def test_a_parcel_that_is_told_of_while_the_refund_is_being_stopped_opens_it_again(shop: Shop, what: str) -> None:
    """What has travelled has travelled: a moment later it would have been taken, so it is not turned away now."""
    refund = await in_transit(shop)
    async with shop.engine.begin() as somebody:
        await somebody.exec_driver_sql("lock table sandbox.labels in access exclusive mode")
        cancelling = asyncio.create_task(_say(shop, refund, "cancel"))
        await until_noted(shop, refund, "cancel")
        telling = asyncio.create_task(_say(shop, refund, what))
        await asyncio.sleep(1)
    cancelled, told = await cancelling, await telling

    again = await shop_until_known(lambda: _say(shop, refund, what))
    shown = await shop.until(refund, "in_review")

    assert (cancelled.status_code, again.status_code) == (200, 200), again.text
    assert told.status_code in (200, *MAY_PASS), told.text
    assert "cancelled" in [event["event"] for event in shown["timeline"]] and shown["payouts"] == []


async def _say(shop: Shop, refund: Json, what: str) -> httpx.Response:
    role = Role.MERCHANT if what == "cancel" else Role.WAREHOUSE
    return await shop.raw(role, "POST", at(refund, what), json={}, **UNDER_ITS_KEY)


async def until_noted(shop: Shop, refund: Json, kind: str) -> None:
    async with asyncio.timeout(IN_TIME_S), shop.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        noted = "select count(*) from words where refund_id = %s and kind = %s"
        while (await connection.exec_driver_sql(noted, (refund["refund_id"], kind))).scalar_one() == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def shop_until_known(say: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Say it again while nobody knows."""
    async with asyncio.timeout(IN_TIME_S):
        while (answer := await say()).status_code in MAY_PASS:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return answer
