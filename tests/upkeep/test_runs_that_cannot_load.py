"""A run that takes a refund over counts when it has loaded; until then it asks people, and changes nothing else."""

from datetime import datetime

import pytest

from activities.attention import Attention, AttentionGiven, AttentionNeeded
from activities.reopening import Load, Opening, Reopenings
from api.schemas.refunds import RefundBody, RefundLineBody
from db import words
from db.api_keys import Caller, Role
from domain import clock
from domain.claims.reasons import Reason, RefundKind
from domain.lifecycle import RefundStatus
from domain.said import WordKind
from service import requests
from service.steps import Begun, RefundRef, has_loaded
from tests.shop import Shop
from tests.upkeep.scenes import in_review, said, waiting_for_help
from tests.workflows.test_refund_story import events
from tools.client import Json
from workflows.contract import Resolution, ResolveInput

RUN = "a-run-that-takes-over"
CALL, ANSWER = f"{RUN}.1", f"{RUN}.2"

pytestmark = pytest.mark.usefixtures("reconciler", "reconciled_by_nobody_else")


async def asks(shop: Shop, ref: RefundRef) -> None:
    begun = Begun(RUN, clock.now())
    call = AttentionNeeded(ref, "load", "the database is away", (Resolution.RETRY,), CALL, begun=begun)
    await Attention(shop.engine).ask_for_attention(call)


async def is_answered(shop: Shop, ref: RefundRef) -> None:
    word = said(WordKind.RESOLVE, ResolveInput("load", Resolution.RETRY, "ops", "again"), RUN)
    await Attention(shop.engine).note_resolution(
        AttentionGiven(ref, "load", "retry", "again", "ops", RefundStatus.IN_REVIEW, CALL, ANSWER, word=word)
    )


async def loads(
    shop: Shop, ref: RefundRef, opening: Opening = Opening.RESUMED, run: str = RUN, since: datetime | None = None
) -> bool:
    known = await Reopenings(shop.engine).load(Load(ref, opening, run, since or clock.now()))
    return known.is_first


async def is_known(shop: Shop, ref: RefundRef) -> bool:
    async with shop.engine.connect() as connection:
        known = await words.find(connection, ref.refund_id, "w1")
    return known is not None and known.overruled is None


async def submitted(shop: Shop) -> RefundRef:
    """A refund that no run has begun yet."""
    line = RefundLineBody(line_id="l1", quantity=1)
    body = RefundBody(order_id="o1", reason=Reason.CHANGED_MIND, kind=RefundKind.RETURN, lines=[line])
    async with shop.engine.begin() as connection:
        caller = Caller(shop.merchant_id, Role.MERCHANT, None)
        taken = await requests.submit(connection, caller, body.to_domain(), None)
    return RefundRef(taken.refund.refund_id, shop.merchant_id)


async def seen(shop: Shop, ref: RefundRef) -> Json:
    return await shop.merchant.get(f"/v1/refunds/{ref.refund_id}")


async def test_what_it_is_answered_is_noted_once_and_known_when_it_has_loaded(shop: Shop) -> None:
    refund = await in_review(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    await asks(shop, ref)

    await is_answered(shop, ref)
    await is_answered(shop, ref)

    assert await is_known(shop, ref)
    assert events(await seen(shop, ref)).count("resolved") == 1


async def test_what_it_is_answered_answers_no_other_run(shop: Shop) -> None:
    refund = await waiting_for_help(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    await asks(shop, ref)

    await is_answered(shop, ref)

    shown = await seen(shop, ref)
    assert shown["status"] == "needs_attention" and shown["needs_attention"]["step"] == "pay_out"


async def test_what_it_is_answered_comes_too_late_when_yet_another_run_has_loaded(shop: Shop) -> None:
    refund = await in_review(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    await asks(shop, ref)
    await loads(shop, ref, run="another-run")

    await is_answered(shop, ref)

    assert "resolved" not in events(await seen(shop, ref))


async def test_its_call_for_help_asks_nobody_when_an_attempt_of_it_lands_after_it_has_loaded(shop: Shop) -> None:
    refund = await in_review(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    await asks(shop, ref)
    await loads(shop, ref)

    await asks(shop, ref)

    shown = await seen(shop, ref)
    assert shown["status"] == "in_review" and shown["needs_attention"] is None


async def test_an_attempt_of_the_run_before_lands_late_and_what_it_asks_stands(shop: Shop) -> None:
    refund = await in_review(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    before = clock.now()
    await asks(shop, ref)
    await loads(shop, ref, run="the-run-before", since=before)

    await is_answered(shop, ref)

    assert await is_known(shop, ref)


async def test_the_first_run_lands_late_and_what_the_next_one_asks_stands(shop: Shop) -> None:
    ref, before = await submitted(shop), clock.now()
    await asks(shop, ref)

    was_first = await loads(shop, ref, Opening.REQUESTED, "the-first-run", before)

    shown = await seen(shop, ref)
    assert not was_first and shown["status"] == "needs_attention" and shown["needs_attention"]["step"] == "load"
    await is_answered(shop, ref)
    assert await is_known(shop, ref)
    assert not await loads(shop, ref)
    async with shop.engine.connect() as connection:
        assert await has_loaded(connection, ref.refund_id, RUN)


async def test_the_first_run_is_the_first_even_if_it_asked_for_help_before_it_loaded(shop: Shop) -> None:
    """Its refund is not said to be picked up: no workflow was ended in Temporal."""
    ref = await submitted(shop)
    await asks(shop, ref)
    await is_answered(shop, ref)

    is_first = await loads(shop, ref, Opening.REQUESTED)

    assert is_first and "picked_up" not in events(await seen(shop, ref))
