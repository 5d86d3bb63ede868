"""Every step has one shape: it is done once, whoever tries it again, and not at all after its undo."""

import asyncio

import pytest

from db import steps
from db.steps import AlreadyUndone
from domain import clock
from domain.steps import Step
from service.steps import RefundRef, Saying, saying, step, undo
from tests.shop import Shop
from tests.upkeep.scenes import in_review


@pytest.fixture
async def ref(shop: Shop) -> RefundRef:
    """A refund that waits for a reviewer."""
    await shop.policy(auto_approve={})
    await shop.order()
    return RefundRef((await in_review(shop))["refund_id"], shop.merchant_id)


async def attempt(shop: Shop, ref: RefundRef, result: str) -> str:
    """Do a step, or find what it came to before."""
    async with step(shop.engine, ref, Step.RESTORE_POINTS) as tx:
        if not tx.is_first:
            return str(tx.result)
        await tx.keep(result)
    return result


async def test_of_many_attempts_at_once_one_does_the_step_and_the_others_find_its_result(
    shop: Shop, ref: RefundRef
) -> None:
    results = await asyncio.gather(*(attempt(shop, ref, str(number)) for number in range(8)))

    assert len(set(results)) == 1


async def test_an_attempt_that_fails_leaves_the_step_to_the_next(shop: Shop, ref: RefundRef) -> None:
    with pytest.raises(ZeroDivisionError):
        async with step(shop.engine, ref, Step.RESTORE_POINTS):
            raise ZeroDivisionError

    assert await attempt(shop, ref, "second") == "second"


async def test_an_attempt_that_does_nothing_after_all_leaves_the_step_to_the_next(shop: Shop, ref: RefundRef) -> None:
    async with step(shop.engine, ref, Step.RESTORE_POINTS) as tx:
        await tx.unclaim()

    assert await attempt(shop, ref, "second") == "second"


async def test_a_late_attempt_stays_away_after_the_undo(shop: Shop, ref: RefundRef) -> None:
    async with undo(shop.engine, ref, Step.RESTORE_POINTS) as tx:
        assert not await tx.mark_undone()

    with pytest.raises(AlreadyUndone):
        await attempt(shop, ref, "late")


async def test_another_round_does_the_step_anew(shop: Shop, ref: RefundRef) -> None:
    await attempt(shop, ref, "first round")

    assert await attempt(shop, ref.next_round, "second round") == "second round"


async def test_a_run_that_has_ended_notes_nothing_more(shop: Shop, ref: RefundRef) -> None:
    async with shop.engine.begin() as connection:
        await steps.keep_latest(connection, ref.refund_id, Step.RUN, clock.now(), {"run": "later"})

    async with saying(shop.engine, ref, Step.SHIPMENT, Saying("earlier.1")) as of_earlier:
        pass
    async with saying(shop.engine, ref, Step.SHIPMENT, Saying("later.1")) as of_later:
        pass

    assert (of_earlier.is_late, of_later.is_first) == (True, True)
